import express, { type RequestHandler } from 'express';
import { Problem } from '../errors.ts';

const parse = express.json({ limit: '16kb', strict: true, type: 'application/json' });

/** JSON only: any other body is refused, so that no form or text/plain request of a foreign page can write. */
export function jsonBody(): RequestHandler[] {
  return [
    function refuseOtherTypes(req, _res, next) {
      const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
      if (hasBody && !req.is('application/json')) {
        throw new Problem(415, 'unsupported_media_type', 'The body must be application/json.');
      }
      next();
    },
    parse,
  ];
}

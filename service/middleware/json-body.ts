import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { malformed, Problem } from '../errors.ts';

const parse = express.json({ limit: '16kb', strict: true, type: 'application/json', verify });

/** JSON only, so that no form or text/plain request, which needs no preflight, can write. */
export function jsonBody(): RequestHandler[] {
  return [
    function rejectOtherTypes(req, _res, next) {
      const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
      if (hasBody && !req.is('application/json')) {
        throw new Problem(415, 'unsupported_media_type', 'The body must be application/json.');
      }
      next();
    },
    parse,
  ];
}

/** JSON is UTF-8 (RFC 8259 section 8.1). The parser accepts any charset that begins with utf-, and replaces invalid bytes by U+FFFD. */
function verify(_req: unknown, _res: unknown, body: Buffer, charset: string): void {
  if (charset !== 'utf-8') throw new Problem(415, 'unsupported_media_type', 'The body must be in UTF-8.');
  if (!isUtf8(body)) throw malformed('The body is not valid UTF-8.');
}

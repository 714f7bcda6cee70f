import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from '../log.ts';

/** Gives each request an id and logs one line when it ends: the route's template, never its URL, body or headers. */
export function requestLog(log: Logger): RequestHandler {
  // These lines contain only the fields below, so they need no redaction.
  const requests = log.child({}, { redact: [] });
  return function logRequest(req, res, next) {
    const started = performance.now();
    const id = randomUUID();
    res.locals.requestId = id;
    res.setHeader('X-Request-Id', id);
    res.once('close', () => {
      const line = {
        request_id: id,
        method: req.method,
        route: req.route === undefined ? null : String(req.route.path),
        status: res.writableFinished ? res.statusCode : 499,
        ms: Math.round(performance.now() - started),
        user_id: res.locals.caller?.userId ?? null,
      };
      requests.info(line, 'request');
    });
    next();
  };
}

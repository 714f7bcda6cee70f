import type { RequestHandler } from 'express';

/** While the process stops, each answer closes its connection, so that clients come back to a living instance. */
export function drain(lifecycle: { readonly draining: boolean }): RequestHandler {
  return function closeConnection(_req, res, next) {
    if (lifecycle.draining) res.setHeader('Connection', 'close');
    next();
  };
}

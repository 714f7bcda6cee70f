import type { RequestHandler } from 'express';

/** While the process stops, each response closes its connection, so that clients reconnect to another instance. */
export function drain(lifecycle: { readonly draining: boolean }): RequestHandler {
  return function closeConnection(_req, res, next) {
    if (lifecycle.draining) res.setHeader('Connection', 'close');
    next();
  };
}

import type { RequestHandler } from 'express';
import type { Caller, VerifyToken } from '../auth/caller.ts';
import { unauthenticated } from '../errors.ts';

declare global {
  namespace Express {
    interface Locals {
      requestId?: string;
      caller?: Caller;
    }
  }
}

/** Stores the caller of a valid bearer token. Rejects no request, so that the rate limiter counts all of them. */
export function identifyCaller(verifyToken: VerifyToken): RequestHandler {
  return function identify(req, res, next) {
    const headers = req.headersDistinct['authorization'];
    // A second Authorization header makes the request ambiguous, so neither is used.
    const token = headers?.length === 1 ? /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers[0] ?? '')?.[1] : undefined;
    const caller = token === undefined ? undefined : verifyToken(token);
    if (caller !== undefined) res.locals.caller = caller;
    next();
  };
}

export const requireCaller: RequestHandler = (_req, res, next) => {
  if (res.locals.caller === undefined) throw unauthenticated();
  next();
};

import type { RequestHandler } from 'express';
import type { Caller, VerifyToken } from '../auth/verify-token.ts';
import { unauthenticated } from '../errors.ts';

declare global {
  namespace Express {
    interface Locals {
      requestId?: string;
      caller?: Caller;
    }
  }
}

/** Notes who is calling where a bearer token says so; refuses nobody, so that the limiter counts everybody. */
export function identifyCaller(verifyToken: VerifyToken): RequestHandler {
  return function identify(req, res, next) {
    const headers = req.headersDistinct['authorization'];
    // A second Authorization header is an attempt at confusion: neither counts.
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

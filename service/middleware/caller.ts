import type { NextFunction, RequestHandler } from 'express';
import type { Caller, VerifyToken } from '../auth/caller.ts';
import { KeySetUnavailableError } from '../auth/key-set.ts';
import { unauthenticated } from '../errors.ts';

declare global {
  namespace Express {
    interface Locals {
      requestId?: string;
      caller?: Caller;
      /** Why it is unknown whether the token is valid. */
      unverified?: KeySetUnavailableError;
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
    // A cached token needs no turn of the event loop.
    if (caller instanceof Promise) return identifyLater(caller, res.locals, next);
    if (caller !== undefined) res.locals.caller = caller;
    next();
    return undefined;
  };
}

async function identifyLater(verification: Promise<Caller | undefined>, locals: Express.Locals, next: NextFunction): Promise<void> {
  try {
    const caller = await verification;
    if (caller !== undefined) locals.caller = caller;
  } catch (error) {
    if (!(error instanceof KeySetUnavailableError)) throw error;
    locals.unverified = error;
  }
  next();
}

export const requireCaller: RequestHandler = (_req, res, next) => {
  if (res.locals.unverified !== undefined) throw res.locals.unverified;
  if (res.locals.caller === undefined) throw unauthenticated();
  next();
};

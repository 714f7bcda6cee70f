import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';
import type { Caller } from '../auth/caller.ts';
import { tooManyRequests } from '../errors.ts';
import { bareAddress } from './client-address.ts';

/**
 * One bucket per minute for each user, or for each client address (IPv6 by /56) without a valid token.
 * @param store shared by replicas; without it, this instance counts in memory
 */
export function limitRate(perMinute: number, store?: Store): RequestHandler {
  return rateLimit({
    ...(store && { store }),
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (req, res) => {
      const caller: Caller | undefined = res.locals['caller'];
      return caller ? `user:${caller.userId}` : `address:${ipKeyGenerator(bareAddress(req.ip ?? ''), 56)}`;
    },
    handler: (_req, _res, next) => next(tooManyRequests()),
  });
}

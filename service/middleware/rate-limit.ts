import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';
import type { Caller } from '../auth/verify-token.ts';
import { tooManyRequests } from '../errors.ts';
import { bareAddress } from './client-address.ts';

/**
 * One bucket a minute for each user, or for each client address (IPv6 by /56, IPv4 in either form) where no token verified.
 * @param store where replicas count together; absent, this instance counts in its memory
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

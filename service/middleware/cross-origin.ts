import cors from 'cors';
import type { RequestHandler } from 'express';
import { originNotAllowed } from '../errors.ts';

/**
 * Exact origins only. The cors package adds headers but runs every handler, so requests from unlisted origins, including preflights, are
 * rejected before it.
 * @param own origins of the service's own pages: allowed if the browser states that the request is same-origin
 * @param requestHeaders headers that pages may send in addition to those of the contract
 */
export function crossOrigin(allowlist: readonly string[], own: readonly string[] = [], requestHeaders: readonly string[] = []): RequestHandler[] {
  const allowed = new Set(allowlist);
  const ownOrigins = new Set(own);
  return [
    function rejectUnlistedOrigin(req, res, next) {
      res.vary('Origin');
      const { origin, 'sec-fetch-site': site } = req.headers;
      const isOwn = origin !== undefined && ownOrigins.has(origin) && site === 'same-origin';
      if (origin !== undefined && !allowed.has(origin) && !isOwn) throw originNotAllowed();
      next();
    },
    cors({
      origin: [...allowlist],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', ...requestHeaders],
      exposedHeaders: ['Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'],
      maxAge: 600,
    }),
  ];
}

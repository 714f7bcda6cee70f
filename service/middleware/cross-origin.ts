import cors from 'cors';
import type { RequestHandler } from 'express';
import { originNotAllowed } from '../errors.ts';

/**
 * Exact origins only. The cors package adds headers but lets every handler run, so requests of unlisted origins are
 * refused here, preflights included; what passes gets its headers, and OPTIONS its answer, from cors.
 * @param requestHeaders what pages may send besides the headers of the contract
 * @param own origins of the service's own pages: they may call it where the browser vouches that it is the same origin
 */
export function crossOrigin(allowlist: readonly string[], own: readonly string[] = [], requestHeaders: readonly string[] = []): RequestHandler[] {
  const allowed = new Set(allowlist);
  const ownOrigins = new Set(own);
  return [
    function refuseUnlistedOrigin(req, res, next) {
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

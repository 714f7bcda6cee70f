import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

const TWO_YEARS_SECONDS = 63_072_000;

/** Needs nothing of Express: what is answered before the app gets these headers too. */
type Handler = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** An API has no page to protect, so everything a document could do is switched off; nothing private is stored. */
export function securityHeaders(): Handler[] {
  return [
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      strictTransportSecurity: { maxAge: TWO_YEARS_SECONDS, includeSubDomains: true },
      xFrameOptions: { action: 'deny' },
    }),
    function noStore(_req, res, next) {
      res.setHeader('Cache-Control', 'no-store');
      next();
    },
  ];
}

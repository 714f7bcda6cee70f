import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

const TWO_YEARS_SECONDS = 63_072_000;

/** Needs nothing of Express: what is answered before the app gets these headers too. */
type Handler = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** An API has no page to protect, so everything a document could do is switched off; nothing private is stored. */
export function securityHeaders(): Handler {
  const headers = headersOf(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      strictTransportSecurity: { maxAge: TWO_YEARS_SECONDS, includeSubDomains: true },
      xFrameOptions: { action: 'deny' },
    }),
  ).set('Cache-Control', 'no-store');
  return function setSecurityHeaders(_req, res, next) {
    res.setHeaders(headers);
    next();
  };
}

/** What a handler sets on every answer alike: helmet asks a dozen functions each time. */
function headersOf(handler: Handler): Map<string, string> {
  const headers = new Map<string, string>();
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  res.setHeader = (name, value) => {
    headers.set(name, String(value));
    return res;
  };
  handler(req, res, () => {});
  return headers;
}

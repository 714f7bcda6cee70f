import type { Exchange } from '../../model/exchange.ts';
import { FOREIGN_ORIGIN, lookalikeOrigins, rawOrigins, relatedOrigins, type UnlistedOrigin } from '../lookalike-origins.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { gatherWrites, type RejectedWrites } from './gather-writes.ts';
import { preflight, protectedOperations } from './preflight.ts';

export type HttpCorsEvidence = RejectedWrites & {
  appOrigin: string;
  /** Every origin that should be allowed. */
  listed: readonly { origin: string; get: Exchange; preflight: Exchange }[];
  /** Headers that the pages send, by the contract and the config file; in lower case. */
  neededHeaders: readonly string[];
  /** Preflights of the app's origin, one for each method of the contract. */
  preflights: readonly { method: string; exchange: Exchange }[];
  /** A preflight of the app's origin for a method and a header that no API needs. */
  excessivePreflight: Exchange;
  /** A preflight of the app's origin that requests private network access. */
  privateNetwork: Exchange;
  unlisted: readonly { kind: string; origin: string; get: Exchange; preflight: Exchange }[];
  twoOrigins: Exchange;
};

export const httpCorsEvidence: Evidence<HttpCorsEvidence> = { name: 'http-cors', requests: [75, 1], area: 'cors-http', gather: gatherHttpCors };

export async function gatherHttpCors(context: GatherContext): Promise<HttpCorsEvidence> {
  const allowed = [context.target.appOrigin, ...context.config.origins];
  const listed = await Promise.all(allowed.map((origin) => tryListedOrigin(context, origin)));
  const preflights = await gatherPreflights(context);
  const unlisted = await Promise.all(unlistedOrigins(allowed).map((origin) => tryUnlistedOrigin(context, origin)));
  const twoOrigins = await get(context, 'GET with two Origin headers', context.target.appOrigin, 'https://evil.example');
  return { appOrigin: context.target.appOrigin, listed, ...preflights, unlisted, twoOrigins, ...(await gatherWrites(context)) };
}

async function tryListedOrigin(context: GatherContext, origin: string): Promise<HttpCorsEvidence['listed'][number]> {
  return {
    origin,
    get: await get(context, `GET from the listed ${origin}`, origin),
    preflight: await preflight(context, `preflight from the listed ${origin}`, { origin, method: 'DELETE' }),
  };
}

async function tryUnlistedOrigin(context: GatherContext, { kind, origin }: UnlistedOrigin): Promise<HttpCorsEvidence['unlisted'][number]> {
  const [response, preflightResponse] = await Promise.all([
    get(context, `GET from ${kind}`, origin),
    preflight(context, `preflight from ${kind}`, { origin, method: 'DELETE' }),
  ]);
  return { kind, origin, get: response, preflight: preflightResponse };
}

/** Derived from each allowed origin, without the allowed ones. */
function unlistedOrigins(allowed: readonly string[]): UnlistedOrigin[] {
  const foreign = { kind: 'foreign', origin: FOREIGN_ORIGIN };
  const all = [foreign, ...allowed.flatMap((origin) => [...lookalikeOrigins(origin), ...relatedOrigins(origin), ...rawOrigins(origin)])];
  return [...new Map(all.map((each) => [each.origin, each])).values()].filter(({ origin }) => !allowed.includes(origin));
}

type Preflights = Pick<HttpCorsEvidence, 'neededHeaders' | 'preflights' | 'excessivePreflight' | 'privateNetwork'>;

/** Preflights of the app. */
async function gatherPreflights(context: GatherContext): Promise<Preflights> {
  const { config, contract, target } = context;
  const origin = target.appOrigin;
  const methods = [...new Set(protectedOperations(context).map(({ method }) => method))];
  const declared = config.requestHeaders.map((name) => name.toLowerCase());
  const neededHeaders = [...new Set(['authorization', 'content-type', ...contract.requestHeaders, ...declared])];
  const preflights = await Promise.all(
    methods.map(async (method) => ({
      method,
      exchange: await preflight(context, `the app's preflight for ${method}`, { origin, method, requestedHeaders: neededHeaders.join() }),
    })),
  );
  const excessivePreflight = await preflight(context, "the app's preflight for TRACE and an unknown header", {
    origin,
    method: 'TRACE',
    requestedHeaders: 'authorization,x-evil',
  });
  // A separate request: some frameworks reject the whole preflight that requests this.
  const privateNetwork = await preflight(context, "the app's preflight for private network access", {
    origin,
    method: 'GET',
    headers: [['Access-Control-Request-Private-Network', 'true']],
  });
  return { neededHeaders, preflights, excessivePreflight, privateNetwork };
}

/** Reads the list with a token. */
function get({ http, contract }: GatherContext, purpose: string, ...origins: readonly string[]): Promise<Exchange> {
  const headers = origins.map((origin) => ['Origin', origin] as const);
  return http.send({ actor: 'limited tenant', purpose, path: contract.resource.list.path, headers });
}

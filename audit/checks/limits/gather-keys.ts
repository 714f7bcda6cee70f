import { pathOfItem } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import { twoRoutesTo } from '../../gather/client-addresses.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { forgeriesFor, queryOf, spellingsOf, type Variation, variationsFor } from './choices-of-callers.ts';
import { wellWithinWindow } from './gather.ts';
import type { HttpRequest } from '../../gather/http-client.ts';

/** Requests of one caller: a plain one, those with a forged or chosen part, and another plain one. */
export type Series = {
  before: Exchange;
  attempts: readonly Exchange[];
  /** Other spellings of the path, or a query; the API may treat them as another path. */
  spellings: readonly Exchange[];
  after: Exchange;
};

export type LimitKeysEvidence = {
  /** Of a tenant, concurrently: other headers, paths, methods and tokens. */
  chosen: Series;
  /** Without a token, in sequence. */
  forged: Series;
  /** Without a token, from another client address, between the last attempt and the plain request after it. Absent where this machine has one address. */
  otherClient?: Exchange;
  /** The tenant that a forged token names. */
  named: { before: Exchange; after: Exchange };
};

export const limitKeysEvidence: Evidence<LimitKeysEvidence> = { name: 'limit-keys', area: 'limits', gather: gatherLimitKeys };

/** Sends what a caller can choose, to see whether it selects the bucket. */
export async function gatherLimitKeys(context: GatherContext): Promise<LimitKeysEvidence> {
  // With two given tokens both series would use the bucket of tenant B.
  if (!context.credentials.mints) return { chosen: await gatherChosen(context), ...(await gatherForged(context)) };
  const [chosen, forged] = await Promise.all([gatherChosen(context), gatherForged(context)]);
  return { chosen, ...forged };
}

async function gatherChosen(context: GatherContext): Promise<Series> {
  const { list } = context.contract.resource;
  const send = (purpose: string, request: Partial<HttpRequest> = {}): Promise<Exchange> =>
    context.http.send({ actor: 'limited tenant', purpose, path: list.path, ...request });
  const [variations, otherSpellings] = [variationsFor(context), spellingsOf(context.contract.resource)];
  const sendAll = (requests: readonly Variation[]): Promise<Exchange[]> => Promise.all(requests.map(([purpose, request]) => send(purpose, request)));
  const before = await wellWithinWindow(context, variations.length + otherSpellings.length + 1, () => send('a plain request'));
  const [attempts, spellings] = await Promise.all([sendAll(variations), sendAll(otherSpellings)]);
  return { before, attempts, spellings, after: await send('another plain request') };
}

async function gatherForged(context: GatherContext): Promise<Omit<LimitKeysEvidence, 'chosen'>> {
  const { list, pageSize, read, unknownId } = context.contract.resource;
  const routes = await twoRoutesTo(context.target.apiUrl);
  // All use one route: a client with two addresses has two buckets.
  const send = (purpose: string, request: Partial<HttpRequest> = {}): Promise<Exchange> =>
    context.http.send({ actor: 'anonymous', purpose, path: list.path, ...(routes?.first && { route: routes.first }), ...request });
  const named = (purpose: string): Promise<Exchange> => context.http.send({ actor: 'tenant B', purpose, path: list.path });
  const forgeries = forgeriesFor(context, pathOfItem(read, unknownId));
  const namedBefore = await named('the tenant before a forged token names it');
  const before = await wellWithinWindow(context, forgeries.length + 3, () => send('a request with nothing forged'));
  const attempts: Exchange[] = [];
  for (const [purpose, request] of forgeries) attempts.push(await send(purpose, request));
  const spelled = await send('the path in upper case, with a slash and a query', { path: `${list.path.toUpperCase()}/${queryOf(pageSize)}` });
  const otherClient = routes && (await send(`another client address (${routes.second.localAddress ?? 'IPv6'})`, { route: routes.second }));
  const after = await send('another request with nothing forged');
  const namedAfter = await named('the tenant after a forged token named it');
  return {
    forged: { before, attempts, spellings: [spelled], after },
    ...(otherClient && { otherClient }),
    named: { before: namedBefore, after: namedAfter },
  };
}

import type { Evidence, GatherContext } from '../../gather/context.ts';
import { twoRoutesTo } from '../../gather/client-addresses.ts';
import type { HttpRequest } from '../../gather/http-client.ts';
import type { Exchange } from '../../model/exchange.ts';
import { rateLimitOf } from '../../model/rate-limit.ts';
import { isLimited } from '../../model/response.ts';
import { isSilent } from '../../model/verdict.ts';
import { forgedToken, forgeriesFor, queryOf, spellingsOf, type Variation, variationsFor } from './choices-of-callers.ts';
import { MOST_WITHOUT_HEADERS, sendBatch } from './gather.ts';
import { limitKeysEvidence } from './gather-keys.ts';

/** Requests of a caller whose limit is exhausted: plain ones first and last, and those with a forged or chosen part between them. */
export type WhileLimited = { limited: Exchange; attempts: readonly Exchange[]; spellings: readonly Exchange[]; after: Exchange };

/** How many requests were sent without a 429, and the last of them. */
export type NeverLimited = { sent: number; last: Exchange };

/** Of callers whose responses state no limit: where they do, the numbers show more. */
export type WhileLimitedEvidence = {
  tenant?: WhileLimited | NeverLimited;
  /** Without a token. */
  anonymous?: WhileLimited | NeverLimited;
  /** Without a token, from another client address, while the first is limited. */
  otherClient?: Exchange;
  /** The tenant that forged tokens named. Absent with given users, whose own requests may have used up their limit. */
  named?: Exchange;
};

export const whileLimitedEvidence: Evidence<WhileLimitedEvidence> = {
  name: 'while-limited',
  area: 'limits',
  alone: true,
  gather: gatherWhileLimited,
};

/** Fewer than of a tenant: the limit of an address is seldom larger. */
const MOST_ANONYMOUS = 300;

type Send = (purpose: string, request?: Partial<HttpRequest>) => Promise<Exchange>;

async function gatherWhileLimited(context: GatherContext): Promise<WhileLimitedEvidence> {
  const { chosen, forged } = await context.evidence(limitKeysEvidence);
  const statesLimit = ({ response }: Exchange): boolean => rateLimitOf(response) !== undefined;
  return {
    ...(!statesLimit(chosen.before) && { tenant: await gatherOfTenant(context) }),
    ...(!statesLimit(forged.before) && (await gatherOfAnonymous(context))),
  };
}

function gatherOfTenant(context: GatherContext): Promise<WhileLimited | NeverLimited> {
  const { resource } = context.contract;
  const send: Send = (purpose, request) =>
    context.http.send({ actor: 'limited tenant', purpose, path: resource.list.path, unpaced: true, ...request });
  // Routes and methods may have limits of their own.
  const variations = variationsFor(context).filter(([, { path, method }]) => path === undefined && method === undefined);
  return exhaust(send, MOST_WITHOUT_HEADERS, variations, spellingsOf(resource));
}

async function gatherOfAnonymous(context: GatherContext): Promise<Omit<WhileLimitedEvidence, 'tenant'>> {
  const { list, pageSize } = context.contract.resource;
  const routes = await twoRoutesTo(context.target.apiUrl);
  const send: Send = (purpose, request) =>
    context.http.send({ actor: 'anonymous', purpose, path: list.path, unpaced: true, ...(routes?.first && { route: routes.first }), ...request });
  const anonymous = await exhaust(send, MOST_ANONYMOUS, forgeriesFor(context), [
    ['the path in upper case, with a slash and a query', { path: `${list.path.toUpperCase()}/${queryOf(pageSize)}` }],
  ]);
  const otherClient = 'limited' in anonymous && routes && (await send('another client address', { route: routes.second }));
  if (!context.credentials.mints) return { anonymous, ...(otherClient && { otherClient }) };
  // Where no token is needed to be unlimited, forged ones may still use up the limit of the user that they name.
  const headers = [forgedToken(context.credentials.subjectOf('tenant B') ?? 'audit-another-user')];
  if (!('limited' in anonymous)) await untilLimited(MOST_ANONYMOUS, () => send('a forged token of another tenant', { headers }));
  const named = await context.http.send({ actor: 'tenant B', purpose: 'the tenant that forged tokens named', path: list.path, unpaced: true });
  return { anonymous, ...(otherClient && { otherClient }), named };
}

async function exhaust(
  send: Send,
  most: number,
  variations: readonly Variation[],
  otherSpellings: readonly Variation[],
): Promise<WhileLimited | NeverLimited> {
  const { sent, last: limited } = await untilLimited(most, () => send('exhausts the limit'));
  if (!isLimited(limited)) return { sent, last: limited };
  const sendAll = (requests: readonly Variation[]): Promise<Exchange[]> => Promise.all(requests.map(([purpose, request]) => send(purpose, request)));
  const [attempts, spellings] = await Promise.all([sendAll(variations), sendAll(otherSpellings)]);
  return { limited, attempts, spellings, after: await send('a plain request while the caller is limited') };
}

/** Ends with a 429, or where a request gets no response. */
async function untilLimited(most: number, send: () => Promise<Exchange>): Promise<{ sent: number; last: Exchange }> {
  let [sent, last] = [1, await send()];
  while (sent < most && !isLimited(last) && !isSilent(last)) {
    const batch = await sendBatch(most - sent, send);
    sent += batch.length;
    last = batch.find(isLimited) ?? batch.find(isSilent) ?? batch.at(-1) ?? last;
  }
  return { sent, last };
}

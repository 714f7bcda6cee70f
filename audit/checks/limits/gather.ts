import { setTimeout as sleep } from 'node:timers/promises';
import { pathOfItem } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';
import { parseRateLimit } from '../../gather/http-client.ts';

/** As many as a busy moment of a small app, and all of them answered. */
export const AT_ONCE = 100;
const WINDOW_ENDS_SOON_SECONDS = 3;
/** The audit never sends more than this to empty a bucket. */
export const LARGEST_BUCKET = 1_200;

/** One tenant's requests, a write among them, with another's before and after. */
export type LimitHeadersEvidence = {
  before: Exchange;
  first: Exchange;
  write: Exchange;
  second: Exchange;
  after: Exchange;
};

export const limitHeadersEvidence: Evidence<LimitHeadersEvidence> = { name: 'limit-headers', area: 'limits', gather: gatherLimitHeaders };

export const exhaustionEvidence: Evidence<ExhaustionEvidence> = { name: 'exhaustion', area: 'limits', gather: gatherExhaustion };

export async function gatherLimitHeaders(context: GatherContext): Promise<LimitHeadersEvidence> {
  const path = context.contract.resource.list.path;
  const ask = (): Promise<Exchange> => context.http.send({ actor: 'tenant A', purpose: 'another tenant before', path });
  const before = await wellWithinWindow(context, 1, ask);
  const first = await context.http.send({ actor: 'tenant B', purpose: 'first of two', path });
  const { created: write } = await context.objects.tryToCreate('tenant B', 'a write in between');
  // Of another kind: a bucket for each path would not notice it.
  const second = await context.http.send({
    actor: 'tenant B',
    purpose: 'second of two, on another path',
    path: pathOfItem(context.contract.resource.read, context.contract.resource.unknownId),
  });
  const after = await context.http.send({ actor: 'tenant A', purpose: 'another tenant after', path });
  return { before, first, write, second, after };
}

/**
 * Sends a request, and again in the next window when this one is about to end or has no room for so many more requests: numbers of
 * two windows cannot be compared.
 */
export async function wellWithinWindow(context: GatherContext, more: number, ask: () => Promise<Exchange>): Promise<Exchange> {
  const requestLine = await ask();
  const left = parseRateLimit(requestLine.response?.headers['ratelimit']?.[0]);
  if (left === undefined || (left.resetSeconds > WINDOW_ENDS_SOON_SECONDS && left.remaining >= more)) return requestLine;
  const from = Date.now();
  await sleep((left.resetSeconds + 1) * 1_000);
  context.ledger.waited(from, Date.now() - from);
  return ask();
}

export type ExhaustionEvidence = {
  appOrigin: string;
  /** What the limiter said was left before the bucket was emptied; absent when it said nothing. */
  left?: number;
  answers: { accepted: number; limited: number; other: number };
  /** The reads that were sent at the same moment. */
  burst: readonly Exchange[];
  limited?: Exchange;
  afterwards: { otherTenant: Exchange; health: Exchange; preflight: Exchange; otherCase: Exchange };
};

/** Empties one bucket, and looks at the rest of the world while it is empty. */
export async function gatherExhaustion(context: GatherContext): Promise<ExhaustionEvidence> {
  const { http, target, contract } = context;
  const { list, pageSize } = contract.resource;
  const path = list.path;
  const smallPage = pageSize === undefined ? '' : `?${pageSize.name}=1`;
  const origin = ['Origin', target.appOrigin] as const;
  const ask = (purpose: string): Promise<Exchange> =>
    http.send({ actor: 'limited tenant', purpose, path: `${path}${smallPage}`, headers: [origin], unpaced: true });
  // With the token, though no browser sends it: only the bucket that is emptied can show that they count.
  const askBefore = (purpose: string): Promise<Exchange> =>
    http.send({
      actor: 'limited tenant',
      purpose,
      method: 'OPTIONS',
      path,
      headers: [origin, ['Access-Control-Request-Method', 'GET'], ['Access-Control-Request-Headers', 'authorization']],
    });
  // Connections are opened first: reads that wait for handshakes do not arrive together.
  await Promise.all(Array.from({ length: AT_ONCE }, () => askBefore('a connection for later')));
  const first = await ask('how much is left');
  const left = parseRateLimit(first.response?.headers['ratelimit']?.[0])?.remaining;
  const answers = { accepted: 0, limited: 0, other: 0 };
  const burst: Exchange[] = [];
  let limited: Exchange | undefined;
  const toSend = left === undefined || left > LARGEST_BUCKET ? 0 : left + 3;
  for (let sent = 0; sent < toSend; sent += AT_ONCE) {
    const batch = await Promise.all(Array.from({ length: Math.min(AT_ONCE, toSend - sent) }, () => ask('empty the bucket')));
    if (sent === 0) burst.push(...batch);
    for (const exchange of batch) {
      const status = exchange.response?.status;
      if (status === 429) limited ??= exchange;
      answers[status === 200 ? 'accepted' : status === 429 ? 'limited' : 'other'] += 1;
    }
  }
  const [otherTenant, health, preflight, otherCase] = await Promise.all([
    http.send({ actor: 'tenant A', purpose: 'another tenant meanwhile', path }),
    http.send({ actor: 'limited tenant', purpose: 'health meanwhile', path: contract.health.path, unpaced: true }),
    askBefore('a preflight meanwhile'),
    http.send({ actor: 'limited tenant', purpose: 'the same path in other letters', path: `${path.toUpperCase()}/`, unpaced: true }),
  ]);
  return {
    appOrigin: target.appOrigin,
    ...(left !== undefined && { left }),
    answers,
    burst,
    ...(limited && { limited }),
    afterwards: { otherTenant, health, preflight, otherCase },
  };
}

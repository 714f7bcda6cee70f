import { setTimeout as sleep } from 'node:timers/promises';
import { pathOfItem } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import { type Burst, createBurst } from '../../gather/burst.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { LONGEST_WAIT_SECONDS } from '../../gather/request-budget.ts';
import { rateLimitOf } from '../../model/rate-limit.ts';
import { isLimited } from '../../model/response.ts';
import type { Canary } from '../../gather/tenants.ts';

/** Concurrent requests of a small app at a busy moment. */
const MOST_AT_ONCE = 100;
/** Where no load is declared: more wait until the target has shown that it serves fewer. */
const BATCH = 32;
/** Every fifth request of the burst is that of another tenant. */
const READS_FOR_ONE_OF_OTHERS = 5;
const READERS = ['tenant A', 'tenant B'] as const;
const WINDOW_ENDS_SOON_SECONDS = 3;
/** The audit sends at most this many requests to exhaust a limit. */
export const LARGEST_BUCKET = 1_200;
/** The same where no response states a limit: more than most APIs serve one user in a minute. */
export const MOST_WITHOUT_HEADERS = 600;

/** Requests of one tenant, a write among them, and one of another tenant before and after them. */
export type LimitHeadersEvidence = {
  before: Exchange;
  first: Exchange;
  write: Exchange;
  second: Exchange;
  after: Exchange;
};

export const limitHeadersEvidence: Evidence<LimitHeadersEvidence> = { name: 'limit-headers', area: 'limits', gather: gatherLimitHeaders };

export const exhaustionEvidence: Evidence<ExhaustionEvidence> = {
  name: 'exhaustion',
  requests: [8, Infinity],
  area: 'limits',
  alone: true,
  gather: gatherExhaustion,
};

/** How many requests the audit may send at once, without showing first that the target serves fewer; undefined where nothing states it. */
export function declaredLoad({ config, contract }: Pick<GatherContext, 'config' | 'contract'>): number | undefined {
  const declared = config.concurrentRequests ?? contract.concurrentRequests;
  return declared === undefined ? undefined : Math.min(declared, MOST_AT_ONCE);
}

export async function gatherLimitHeaders(context: GatherContext): Promise<LimitHeadersEvidence> {
  const path = context.contract.resource.list.path;
  const before = await wellWithinWindow(context, 1, () => context.http.send({ actor: 'tenant A', purpose: 'another tenant, before', path }));
  const first = await context.http.send({ actor: 'tenant B', purpose: 'first read', path });
  const { created: write } = await context.objects.tryToCreate('tenant B', 'a write between the reads');
  // A limiter with a bucket for each path would not count it.
  const second = await context.http.send({
    actor: 'tenant B',
    purpose: 'second read, on another path',
    path: pathOfItem(context.contract.resource.read, context.contract.resource.unknownId),
  });
  const after = await context.http.send({ actor: 'tenant A', purpose: 'another tenant, afterwards', path });
  return { before, first, write, second, after };
}

/**
 * Sends a request, and again in the next window where this one ends soon or has not enough requests left: numbers of two windows
 * cannot be compared.
 * @param more requests that will follow
 */
export async function wellWithinWindow(context: GatherContext, more: number, send: () => Promise<Exchange>): Promise<Exchange> {
  const exchange = await send();
  const limit = rateLimitOf(exchange.response);
  if (limit?.reset === undefined || limit.reset > LONGEST_WAIT_SECONDS) return exchange;
  if (limit.reset > WINDOW_ENDS_SOON_SECONDS && limit.remaining >= more) return exchange;
  const waitMs = (limit.reset + 1) * 1_000;
  if (!context.mayWait(waitMs)) return exchange;
  const from = Date.now();
  await sleep(waitMs, undefined, { signal: context.ending }).catch(() => {});
  context.ledger.waited(from, Date.now() - from);
  return send();
}

export type ExhaustionEvidence = {
  appOrigin: string;
  /** Requests that the limiter reported as remaining at the start; absent where no response states it. */
  remaining?: number;
  responses: { accepted: number; limited: number; other: number };
  /** The first response with a 5xx. */
  failed?: Exchange;
  /** The concurrent reads of the tenant, where a load is declared. */
  burst: readonly Exchange[];
  /** Two other tenants, which read their own objects among them and once more after them; none where tenants cannot be minted. */
  readers: readonly Reader[];
  limited?: Exchange;
  /** Without health where the contract has none. */
  afterwards: { otherTenant: Exchange; health?: Exchange; preflight: Exchange; otherCase: Exchange };
};

type Reader = { own: Pick<Canary, 'actor' | 'text'>; reads: readonly Exchange[]; after: Exchange };

/** Exhausts the limit of one tenant, and sends other requests while it is exhausted. */
export async function gatherExhaustion(context: GatherContext): Promise<ExhaustionEvidence> {
  const { http, target, contract } = context;
  const { path } = contract.resource.list;
  const atOnce = declaredLoad(context);
  const first = await readSmallPage(context, 'how many requests remain');
  const remaining = rateLimitOf(first.response)?.remaining;
  // A limit that is too large to exhaust: the concurrent reads alone.
  const toSend = remaining === undefined ? MOST_WITHOUT_HEADERS : remaining > LARGEST_BUCKET ? (atOnce ?? 0) : remaining + 3;
  const { burst, readers } = atOnce === undefined ? { burst: [], readers: [] } : await sendBurst(context, Math.min(atOnce, toSend));
  const sent = [...burst];
  const isOver = (): boolean => remaining === undefined && sent.some(isLimited);
  while (sent.length < toSend && !isOver()) sent.push(...(await sendBatch(toSend - sent.length, () => readSmallPage(context, 'exhausts the limit'))));
  const [failed, limited] = [sent.find(({ response }) => (response?.status ?? 0) >= 500), sent.find(isLimited)];
  const [otherTenant, health, preflight, otherCase] = await Promise.all([
    http.send({ actor: 'tenant A', purpose: 'another tenant, meanwhile', path, once: true }),
    contract.health && http.send({ actor: 'limited tenant', purpose: 'health, meanwhile', path: contract.health.path, unpaced: true }),
    preflightWithToken(context, 'a preflight, meanwhile'),
    http.send({ actor: 'limited tenant', purpose: 'the same path in upper case', path: `${path.toUpperCase()}/`, unpaced: true }),
  ]);
  return {
    appOrigin: target.appOrigin,
    ...(remaining !== undefined && { remaining }),
    burst,
    readers,
    responses: {
      accepted: sent.filter(({ response }) => response?.status === 200).length,
      limited: sent.filter(isLimited).length,
      other: sent.filter((each) => each.response?.status !== 200 && !isLimited(each)).length,
    },
    ...(failed && { failed }),
    ...(limited && { limited }),
    afterwards: { otherTenant, ...(health && { health }), preflight, otherCase },
  };
}

/**
 * Concurrent reads of the tenant, and among them those of two others. They wait for the same connections of the database, so an API that keeps
 * the caller in such a connection mixes them up.
 */
async function sendBurst(context: GatherContext, atOnce: number): Promise<Pick<ExhaustionEvidence, 'burst' | 'readers'>> {
  const { credentials, objects } = context;
  const owners = credentials.mints ? await Promise.all(READERS.map((actor) => objects.create(actor, 'an object to read among many requests'))) : [];
  const together = createBurst(atOnce);
  const burst: Promise<Exchange>[] = [];
  const reads = owners.map((): Promise<Exchange>[] => []);
  for (let index = 0; index < atOnce; index += 1) {
    const reader = index % READS_FOR_ONE_OF_OTHERS === 0 ? Math.floor(index / READS_FOR_ONE_OF_OTHERS) % READERS.length : -1;
    const own = owners[reader];
    if (own === undefined) burst.push(readSmallPage(context, 'exhausts the limit', together));
    else reads[reader]?.push(objects.read(own.actor, own.id, 'reads its object among many requests', { burst: together }));
  }
  const ended = await Promise.all(burst);
  const readers = await Promise.all(
    owners.map(async ({ actor, id, text }, reader): Promise<Reader> => {
      const among = await Promise.all(reads[reader] ?? []);
      return { own: { actor, text }, reads: among, after: await objects.read(actor, id, 'reads its object once more') };
    }),
  );
  return { burst: ended, readers };
}

/** At most a batch of so many requests, at once. */
export function sendBatch(count: number, send: () => Promise<Exchange>): Promise<Exchange[]> {
  return Promise.all(Array.from({ length: Math.min(BATCH, count) }, send));
}

function readSmallPage({ http, target, contract }: GatherContext, purpose: string, burst?: Burst): Promise<Exchange> {
  const { list, pageSize } = contract.resource;
  const path = pageSize === undefined ? list.path : `${list.path}?${pageSize.name}=1`;
  return http.send({ actor: 'limited tenant', purpose, path, headers: [['Origin', target.appOrigin]], unpaced: true, ...(burst && { burst }) });
}

/** Browsers send no token with a preflight. This one has it, because only the exhausted bucket can show whether preflights count. */
function preflightWithToken({ http, target, contract }: GatherContext, purpose: string): Promise<Exchange> {
  const headers = [
    ['Origin', target.appOrigin],
    ['Access-Control-Request-Method', 'GET'],
    ['Access-Control-Request-Headers', 'authorization'],
  ] as const;
  return http.send({ actor: 'limited tenant', purpose, method: 'OPTIONS', path: contract.resource.list.path, headers });
}

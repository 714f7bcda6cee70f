import { setTimeout as sleep } from 'node:timers/promises';
import { pathOfItem } from '../contract.ts';
import type { Exchange } from '../exchange.ts';
import { ATTACKERS_KEY, soon } from './bad-credentials.ts';
import type { Kit } from './kit.ts';
import { signToken } from './tokens.ts';
import { parseRateLimit } from './wire.ts';

/** Where a client may claim an address. All are forged at once: whichever is believed gives another bucket. */
const ADDRESS_HEADERS = [
  'X-Forwarded-For',
  'X-Real-IP',
  'CF-Connecting-IP',
  'True-Client-IP',
  'Fastly-Client-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'X-Original-Forwarded-For',
  'X-Vercel-Forwarded-For',
  'X-Envoy-External-Address',
  'X-Azure-ClientIP',
  'X-Appengine-User-IP',
  'Fly-Client-IP',
  'DO-Connecting-IP',
];
const FORGED_ADDRESS = '203.0.113.1';
/** As many as a busy moment of a small app, and all of them answered. */
export const AT_ONCE = 100;
const WINDOW_ENDS_SOON_SECONDS = 3;
/** Requests without a valid token that follow the first, which all have to meet the same bucket. */
const FORGED_AND_AGAIN = 4;
/** The audit never sends more than this to empty a bucket. */
export const LARGEST_BUCKET = 1_200;

/** One tenant's requests, a write among them, with another's before and after. */
export type LimitHeadersEvidence = {
  before: Exchange;
  first: Exchange;
  write: Exchange;
  second: Exchange;
  after: Exchange;
  forged: readonly Exchange[];
  plainAgain: Exchange;
  /** The tenant's next request after a stranger has named it. */
  third: Exchange;
};

export async function probeLimitHeaders(kit: Kit): Promise<LimitHeadersEvidence> {
  const path = kit.contract.resource.list.path;
  const ask = (): Promise<Exchange> => kit.wire.send({ actor: 'tenant A', purpose: 'another tenant before', path });
  const before = await wellWithinWindow(kit, 1, ask);
  const first = await kit.wire.send({ actor: 'tenant B', purpose: 'first of two', path });
  const { created: write } = await kit.objects.tryToCreate('tenant B', 'a write in between');
  // Of another kind: a bucket for each path would not notice it.
  const second = await kit.wire.send({
    actor: 'tenant B',
    purpose: 'second of two, on another path',
    path: pathOfItem(kit.contract.resource.read, kit.contract.resource.unknownId),
  });
  const after = await kit.wire.send({ actor: 'tenant A', purpose: 'another tenant after', path });
  const asNobody = (purpose: string, headers: readonly (readonly [string, string])[] = []): Promise<Exchange> =>
    kit.wire.send({ actor: 'anonymous', purpose, path, headers });
  const tokenOf = (sub: string): [string, string] => ['Authorization', `Bearer ${signToken({ sub, exp: soon() }, ATTACKERS_KEY)}`];
  const forged: Exchange[] = [await wellWithinWindow(kit, FORGED_AND_AGAIN, () => asNobody('no forged header'))];
  // One after the other: what is left must fall by one each time.
  forged.push(
    await asNobody(`forged address in ${ADDRESS_HEADERS.length + 1} headers`, [
      ...ADDRESS_HEADERS.map((name): [string, string] => [name, FORGED_ADDRESS]),
      ['Forwarded', `for=${FORGED_ADDRESS}`],
    ]),
    await asNobody('forged browser and token of a user who is made up', [['User-Agent', 'forged'], tokenOf('audit-nobody')]),
    await asNobody('forged token of another tenant', [tokenOf(kit.credentials.subjectOf('tenant B') ?? 'audit-somebody')]),
  );
  const plainAgain = await asNobody('no forged header again');
  const third = await kit.wire.send({ actor: 'tenant B', purpose: 'after a stranger has named its user', path });
  return { before, first, write, second, after, forged, plainAgain, third };
}

/**
 * Asks, and once more in the next window when this one is about to end, or has no room for so many more requests: numbers of two
 * windows cannot be compared.
 */
async function wellWithinWindow(kit: Kit, more: number, ask: () => Promise<Exchange>): Promise<Exchange> {
  const asked = await ask();
  const left = parseRateLimit(asked.answer?.headers['ratelimit']?.[0]);
  if (left === undefined || (left.resetSeconds > WINDOW_ENDS_SOON_SECONDS && left.remaining >= more)) return asked;
  const from = Date.now();
  await sleep((left.resetSeconds + 1) * 1_000);
  kit.ledger.waited(from, Date.now() - from);
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
export async function probeExhaustion(kit: Kit): Promise<ExhaustionEvidence> {
  const { wire, target, contract } = kit;
  const { list, pageSize } = contract.resource;
  const path = list.path;
  const smallPage = pageSize === undefined ? '' : `?${pageSize.name}=1`;
  const origin = ['Origin', target.appOrigin] as const;
  const ask = (purpose: string): Promise<Exchange> =>
    wire.send({ actor: 'limited tenant', purpose, path: `${path}${smallPage}`, headers: [origin], unpaced: true });
  // With the token, though no browser sends it: only the bucket that is emptied can show that they count.
  const askBefore = (purpose: string): Promise<Exchange> =>
    wire.send({
      actor: 'limited tenant',
      purpose,
      method: 'OPTIONS',
      path,
      headers: [origin, ['Access-Control-Request-Method', 'GET'], ['Access-Control-Request-Headers', 'authorization']],
    });
  // Connections are opened first: reads that wait for handshakes do not come together.
  await Promise.all(Array.from({ length: AT_ONCE }, () => askBefore('a connection for later')));
  const first = await ask('how much is left');
  const left = parseRateLimit(first.answer?.headers['ratelimit']?.[0])?.remaining;
  const answers = { accepted: 0, limited: 0, other: 0 };
  const burst: Exchange[] = [];
  let limited: Exchange | undefined;
  const toSend = left === undefined || left > LARGEST_BUCKET ? 0 : left + 3;
  for (let sent = 0; sent < toSend; sent += AT_ONCE) {
    const batch = await Promise.all(Array.from({ length: Math.min(AT_ONCE, toSend - sent) }, () => ask('empty the bucket')));
    if (sent === 0) burst.push(...batch);
    for (const exchange of batch) {
      const status = exchange.answer?.status;
      if (status === 429) limited ??= exchange;
      answers[status === 200 ? 'accepted' : status === 429 ? 'limited' : 'other'] += 1;
    }
  }
  const [otherTenant, health, preflight, otherCase] = await Promise.all([
    wire.send({ actor: 'tenant A', purpose: 'another tenant meanwhile', path }),
    wire.send({ actor: 'limited tenant', purpose: 'health meanwhile', path: contract.health.path, unpaced: true }),
    askBefore('a preflight meanwhile'),
    wire.send({ actor: 'limited tenant', purpose: 'the same path in other letters', path: `${path.toUpperCase()}/`, unpaced: true }),
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

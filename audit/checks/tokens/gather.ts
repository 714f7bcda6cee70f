import { setTimeout as sleep } from 'node:timers/promises';
import { type Contract, placeOf } from '../../contract/contract.ts';
import { type Operation, type Resource, pathOfItem } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import {
  type Attack,
  type AttackClass,
  elsewhere,
  forged,
  misplacedAndMalformed,
  oversized,
  rightlySigned,
  soon,
  turnedBit,
  underSecondKey,
} from './bad-credentials.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';
import { bodyOf, type Canary } from '../../gather/tenants.ts';
import { signToken } from '../../gather/sign-token.ts';
import type { HttpRequest } from '../../gather/http-client.ts';

const AT_ONCE = 16;
/** So much later than the owner is slow for a refusal, and worth a second look. */
const SLOW_MS = 1_000;
/** The anonymous bucket of an address, usually 100 a minute, must have room for all requests without a valid token. */
const READS_WITH_TOKENS_ELSEWHERE = 3;
/** A token that ends within the audit lives so long: more than the clock of the target may be ahead. */
const SHORT_LIFE_SECONDS = 4;
/** What says that several at once were too much, and nothing of each. */
const TOO_MUCH = [400, 413, 414, 431];

export type TokenEvidence = {
  victim: Canary;
  /** The owner reads before and after: the object is there all the time. */
  before: Exchange;
  after: Exchange;
  /** The owner reads with a token under BETTER_AUTH_SECRET, where the audit was given it. */
  secondKey?: Exchange;
  /** The owner reads with a token that ends soon, where the key is known. It is asked for once more after its end. */
  ending?: { claims: { sub: string; exp: number }; accepted: Exchange };
  /** What nobody at all is answered: every other refusal must look the same. */
  control: Exchange;
  attacks: readonly { kind: AttackClass; name: string; operation: string; exchange: Exchange }[];
  /** Large and costly tokens: refused at once, also before anybody looks at them. */
  oversized: readonly Exchange[];
  /** Those that were slow, asked once more and alone: what the way or the machine held up is fast now. By the id of the first. */
  again: Readonly<Record<string, Exchange>>;
  /** Classes that need the target's key, which the audit was not given. */
  withoutKey: readonly AttackClass[];
};

type Asked = { request: HttpRequest; exchange: Exchange };

export const tokensEvidence: Evidence<TokenEvidence> = { name: 'tokens', area: 'tokens', gather: gatherTokens };

export const operationsEvidence: Evidence<CoverageEvidence> = { name: 'operations', area: 'tokens', gather: gatherOperations };

/**
 * Bad credentials, dealt out over the protected operations: each operation meets some of every group, and an address with a
 * limit of 100 a minute has room for all of them. Writes are aimed at another object than the one that the owner reads.
 */
export async function gatherTokens(context: GatherContext): Promise<TokenEvidence> {
  const { credentials, contract, target } = context;
  const victim = await context.objects.create('tenant A', 'object that bad tokens ask for');
  const path = pathOfItem(contract.resource.read, victim.id);
  const decoys = await createOneInEach(context, 'object that bad tokens would change');
  const before = await context.objects.read('tenant A', victim.id, 'owner reads before the attacks');
  const control = await context.http.send({ actor: 'anonymous', purpose: 'no credentials', path });
  const token = credentials.tokenOf('tenant A') ?? '';
  const { sign } = credentials;
  const userId = credentials.subjectOf('tenant A');
  const material = { token, other: credentials.tokenOf('tenant B') ?? '', publicNames: [new URL(target.appOrigin).hostname.split('.')[0] ?? ''] };
  const signed = sign === undefined || userId === undefined ? [] : rightlySigned({ sign, userId });
  const claims = userId === undefined ? undefined : { sub: userId, exp: Math.floor(Date.now() / 1_000) + SHORT_LIFE_SECONDS };
  const ending = sign &&
    claims && {
      claims,
      accepted: await context.http.send({ actor: 'tenant A', token: sign(claims), purpose: 'owner reads with a token that ends soon', path }),
    };
  const secondSecret = target.secrets['BETTER_AUTH_SECRET'];
  const second = secondSecret === undefined || userId === undefined ? undefined : { key: secondSecret, userId };
  const secondKey =
    second &&
    (await context.http.send({
      actor: 'tenant A',
      token: signToken({ sub: second.userId, exp: soon() }, second.key),
      purpose: 'owner reads with a token under the second key',
      path,
    }));
  if (second && signed.length > 0)
    signed.push(...underSecondKey((claims, header, hash) => signToken(claims, second.key, header, hash), second.userId));

  const requestLine: Asked[] = [];
  const ask = async (request: HttpRequest): Promise<Exchange> => {
    const exchange = await context.http.send(request);
    requestLine.push({ request, exchange });
    return exchange;
  };
  const attack = async (operation: Operation, { kind, name, headers, query = '', step }: Attack): Promise<TokenEvidence['attacks'][number]> => ({
    kind,
    name,
    operation: operation.id,
    exchange: await ask({
      actor: 'anonymous',
      purpose: name,
      ...aimed(contract, operation, victim, decoys, query),
      ...(headers && { headers }),
      ...(step && { step }),
    }),
  });
  const operations = executable(contract);
  const dealt = dealOut(operations, [misplacedAndMalformed(material), forged(material), signed]);
  const met = new Set(dealt.map(([{ id }]) => id));
  const rest = operations.filter(({ id }) => !met.has(id)).map((operation): [Operation, Attack] => [operation, turnedBit(token)]);
  const attacks: TokenEvidence['attacks'][number][] = [];
  const all = [...dealt, ...rest];
  // Few at a time: how long each takes is judged.
  for (let index = 0; index < all.length; index += AT_ONCE)
    attacks.push(...(await Promise.all(all.slice(index, index + AT_ONCE).map(([operation, each]) => attack(operation, each)))));
  const reads = operations.filter(({ method }) => method === 'GET').slice(0, READS_WITH_TOKENS_ELSEWHERE);
  attacks.push(...(await attackEverywhereElse(reads, elsewhere(material), attack)));
  const costly: Exchange[] = [];
  // One after the other: whoever waits behind a slow one is not slow.
  for (const { name, headers = [] } of oversized(material)) costly.push(await ask({ actor: 'anonymous', purpose: name, path, headers }));
  const again = await askSlowOnesAgain(context, before, requestLine);
  const after = await context.objects.read('tenant A', victim.id, 'owner reads after the attacks');
  const withoutKey: AttackClass[] = sign === undefined ? ['expired', 'without-exp', 'claims'] : [];
  return {
    victim,
    before,
    after,
    ...(secondKey && { secondKey }),
    ...(ending && { ending }),
    control,
    attacks,
    oversized: costly,
    again,
    withoutKey,
  };
}

/** Ends with the first that is slow again: one is enough, and whoever waited behind it was slow as well. */
async function askSlowOnesAgain({ http }: GatherContext, before: Exchange, requestLine: readonly Asked[]): Promise<TokenEvidence['again']> {
  const isSlow = ({ ms }: Exchange): boolean => ms > SLOW_MS + before.ms;
  const again: Record<string, Exchange> = {};
  for (const { request, exchange } of requestLine) {
    if (exchange.response === undefined || !isSlow(exchange)) continue;
    const repeated = await http.send(request);
    again[exchange.id] = repeated;
    if (isSlow(repeated)) break;
  }
  return again;
}

/** All places at once on each operation. Where that was too much they are tried one by one, and where it let in, once, to tell which did. */
async function attackEverywhereElse(
  operations: readonly Operation[],
  { whole, parts }: ReturnType<typeof elsewhere>,
  attack: (operation: Operation, attack: Attack) => Promise<TokenEvidence['attacks'][number]>,
): Promise<TokenEvidence['attacks']> {
  const answered = await Promise.all(operations.map(async (operation) => ({ operation, attacked: await attack(operation, whole) })));
  const isTooMuch = ({ attacked }: (typeof answered)[number]): boolean => TOO_MUCH.includes(attacked.exchange.response?.status ?? 0);
  const judged = answered.filter((each) => !isTooMuch(each));
  const letIn = judged.filter(({ attacked }) => attacked.exchange.response?.status !== 401).slice(0, 1);
  const inParts = [...answered.filter(isTooMuch), ...letIn].flatMap(({ operation }) => parts.map((part) => attack(operation, part)));
  return [...(await Promise.all(inParts)), ...judged.map(({ attacked }) => attacked)];
}

/** The protected operations that may be carried out. Reading an object comes first: the first attack of each group is aimed at what the owner reads. */
function executable(contract: Contract): Operation[] {
  const { read } = contract.resource;
  const others = contract.operations.filter((operation) => operation.protected && operation.id !== read.id);
  return [read, ...others.filter((operation) => placeOf(contract, operation) !== undefined)];
}

type Decoys = readonly { resource: Resource; decoy: Canary }[];

function createOneInEach({ contract, objectsOf }: GatherContext, purpose: string): Promise<Decoys> {
  return Promise.all(contract.resources.map(async (resource) => ({ resource, decoy: await objectsOf(resource).create('tenant A', purpose) })));
}

/** Method, path and body of an operation: reads are aimed at the object that the owner reads, writes at a decoy of their collection. */
function aimed(contract: Contract, operation: Operation, victim: Canary, decoys: Decoys, query = ''): Pick<HttpRequest, 'method' | 'path' | 'body'> {
  const resource = placeOf(contract, operation)?.resource ?? contract.resource;
  const decoy = decoys.find((each) => each.resource === resource)?.decoy ?? victim;
  const { id } = operation.method === 'GET' ? victim : decoy;
  return { method: operation.method, path: `${pathOfItem(operation, id)}${query}`, ...bodyOf(operation, resource) };
}

function dealOut(operations: readonly Operation[], groups: readonly (readonly Attack[])[]): [Operation, Attack][] {
  return groups.flatMap((attacks) =>
    attacks.flatMap((attack, index): [Operation, Attack][] => {
      const operation = operations[index % operations.length];
      return operation ? [[operation, attack]] : [];
    }),
  );
}

export type CoverageEvidence = {
  operations: readonly { operation: Operation; without: Exchange }[];
  /** Other ways to say the same path or method, without a token. */
  tricks: readonly Exchange[];
  /** One object of each collection, and what its owner reads afterwards. */
  victims: readonly { victim: Canary; after: Exchange }[];
  /** Writes to what this run did not create, such as DELETE /me: they are not carried out. */
  notExecuted: readonly string[];
  /** The token that was accepted before its end, after it; where that lets in, one of the same end that never was accepted. */
  ended?: { again: Exchange; fresh?: Exchange };
};

/** Every protected operation of the contract but reading, without a token, on objects that exist. */
async function gatherOperations(context: GatherContext): Promise<CoverageEvidence> {
  const { contract } = context;
  const tokens = await context.evidence(tokensEvidence);
  const targets = await createOneInEach(context, 'object for anonymous operations');
  const victim = targets.find(({ resource }) => resource === contract.resource)?.decoy;
  if (victim === undefined) throw new Error('unreachable: the main collection is one of all');
  const operations = await Promise.all(
    // Reading it without a token is the control of the attacks.
    executable(contract)
      .filter(({ id }) => id !== contract.resource.read.id)
      .map(async (operation) => ({
        operation,
        without: await context.http.send({ actor: 'anonymous', purpose: 'no token', ...aimed(contract, operation, victim, targets) }),
      })),
  );
  const item = pathOfItem(contract.resource.read, victim.id);
  const trick = (purpose: string, path: string, method = 'GET', headers: readonly (readonly [string, string])[] = []): Promise<Exchange> =>
    context.http.send({ actor: 'anonymous', purpose, method, path, headers });
  const tricks = await Promise.all([
    trick('HEAD', item, 'HEAD'),
    trick('trailing slash', `${item}/`),
    trick('double slash', `/${item}`),
    trick('upper case', item.toUpperCase()),
    trick('encoded dot', `${item}/%2e`),
    trick('path parameter', `${item};x`),
    trick('method override', item, 'POST', [['X-HTTP-Method-Override', 'GET']]),
    context.http.send({
      actor: 'anonymous',
      purpose: 'rewritten URL',
      step: 'path-override',
      path: contract.health.path,
      headers: [
        ['X-Original-URL', item],
        ['X-Rewrite-URL', item],
      ],
    }),
  ]);
  const victims = await Promise.all(
    targets.map(async ({ resource, decoy }) => ({
      victim: decoy,
      after: await context.objectsOf(resource).read('tenant A', decoy.id, 'owner reads after anonymous operations'),
    })),
  );
  const notExecuted = contract.operations
    .filter((operation) => operation.protected && placeOf(contract, operation) === undefined)
    .map((operation) => `${operation.method} ${operation.path}`);
  const ended = await askAfterItsEnd(context, tokens);
  return { operations, tricks, victims, notExecuted, ...(ended && { ended }) };
}

async function askAfterItsEnd(
  { contract, credentials: { sign }, http }: GatherContext,
  { victim, ending }: TokenEvidence,
): Promise<CoverageEvidence['ended']> {
  if (sign === undefined || ending === undefined) return undefined;
  const { claims } = ending;
  // Over already in a whole audit: this is late in it.
  await sleep(Math.max(0, (claims.exp + 1) * 1_000 - Date.now()));
  const ask = (purpose: string, token: string): Promise<Exchange> =>
    http.send({
      actor: 'anonymous',
      purpose,
      path: pathOfItem(contract.resource.read, victim.id),
      headers: [['Authorization', `Bearer ${token}`]],
    });
  const askAgain = (): Promise<Exchange> => ask('a token that was accepted, after its end', sign(claims));
  const again = await askAgain();
  if (again.response?.status === 401) return { again };
  const fresh = await ask('another token after the same end', sign({ ...claims, iat: claims.exp - SHORT_LIFE_SECONDS }));
  // Once more: a tolerance of clocks may have ended between the two.
  return { again: await askAgain(), fresh };
}

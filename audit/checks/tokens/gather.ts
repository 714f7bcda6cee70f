import { setTimeout as sleep } from 'node:timers/promises';
import { type Contract, placeOf } from '../../contract/contract.ts';
import { type Operation, type Resource, pathOfItem } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import {
  type Attack,
  type AttackClass,
  inOtherPlaces,
  forged,
  type Material,
  misplacedAndMalformed,
  oversized,
  rightlySigned,
  soon,
  flippedBit,
  underSecondKey,
} from './bad-credentials.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { bodyOf, type Canary, type Credentials } from '../../gather/tenants.ts';
import { signToken } from '../../gather/sign-token.ts';
import type { HttpRequest } from '../../gather/http-client.ts';

/** Few requests at once, because their durations are judged. */
const AT_ONCE = 16;
/** A rejection that takes this much longer than a read of the owner is sent again. */
const SLOW_MS = 1_000;
/** The anonymous bucket of an address, often 100 requests a minute, must have room for all requests without a valid token. */
const READS_WITH_TOKENS_ELSEWHERE = 3;
/** Lifetime of a token that expires during the audit: more than the clock of the target may be ahead. */
const SHORT_LIFE_SECONDS = 4;
/** Statuses for too much in one request, which show nothing about each part. */
const TOO_MUCH = [400, 413, 414, 431];

export type TokenEvidence = {
  victim: Canary;
  /** The owner reads its object before and after the attacks. */
  before: Exchange;
  after: Exchange;
  /** The owner reads with a token signed with BETTER_AUTH_SECRET, where the audit was given it. */
  secondKey?: Exchange;
  /** The owner reads with a token that expires soon, where the key is known. The token is sent once more after its expiry. */
  ending?: { claims: ExpiringClaims; accepted: Exchange };
  /** A read without a token: every other rejection must look the same. */
  control: Exchange;
  attacks: readonly AttackAttempt[];
  /** Large and expensive tokens. */
  oversized: readonly Exchange[];
  /** Slow requests sent once more and alone, by the id of the first: a delay of the network or the machine does not recur. */
  repeated: Readonly<Record<string, Exchange>>;
  /** Classes that need the target's key, which the audit was not given. */
  withoutKey: readonly AttackClass[];
};

export type AttackAttempt = { kind: AttackClass; name: string; operation: string; exchange: Exchange };
type ExpiringClaims = { sub: string; exp: number };
type Sent = { request: HttpRequest; exchange: Exchange };

export const tokensEvidence: Evidence<TokenEvidence> = { name: 'tokens', area: 'tokens', gather: gatherTokens };

export const operationsEvidence: Evidence<CoverageEvidence> = { name: 'operations', area: 'tokens', gather: gatherOperations };

/**
 * Bad credentials, distributed over the protected operations: each operation gets some of every group, and an address with a limit of
 * 100 a minute has room for all of them. Writes are sent to another object than the one that the owner reads.
 */
export async function gatherTokens(context: GatherContext): Promise<TokenEvidence> {
  const { contract, http, objects } = context;
  const victim = await objects.create('tenant A', 'object that bad tokens request');
  const path = pathOfItem(contract.resource.read, victim.id);
  const decoys = await createOneInEach(context, 'object for writes with bad tokens');
  const before = await objects.read('tenant A', victim.id, 'the owner reads it before the attacks');
  const control = await http.send({ actor: 'anonymous', purpose: 'no credentials', path });
  const accepted = await sendAcceptedTokens(context, path);
  const { attacks, oversized: large, sent } = await sendAttacks(context, victim, decoys);
  const repeated = await repeatSlowOnes(context, before, sent);
  const after = await objects.read('tenant A', victim.id, 'the owner reads it after the attacks');
  const withoutKey: AttackClass[] = context.credentials.sign === undefined ? ['expired', 'without-exp', 'claims'] : [];
  return { victim, before, after, ...accepted, control, attacks, oversized: large, repeated, withoutKey };
}

/** Reads of the owner with a token that expires soon and with one under the second key, where the audit has the keys. */
async function sendAcceptedTokens({ credentials, http, target }: GatherContext, path: string): Promise<Pick<TokenEvidence, 'ending' | 'secondKey'>> {
  const sub = credentials.subjectOf('tenant A');
  if (sub === undefined) return {};
  const read = (purpose: string, token: string): Promise<Exchange> => http.send({ actor: 'tenant A', token, purpose, path });
  const { sign } = credentials;
  const claims = { sub, exp: Math.floor(Date.now() / 1_000) + SHORT_LIFE_SECONDS };
  const ending = sign && { claims, accepted: await read('the owner reads it with a token that expires soon', sign(claims)) };
  const secret = target.secrets['BETTER_AUTH_SECRET'];
  const secondKey =
    secret === undefined ? undefined : await read('the owner reads it with a token under the second key', signToken({ sub, exp: soon() }, secret));
  return { ...(ending && { ending }), ...(secondKey && { secondKey }) };
}

async function sendAttacks(
  context: GatherContext,
  victim: Canary,
  decoys: Decoys,
): Promise<Pick<TokenEvidence, 'attacks' | 'oversized'> & { sent: readonly Sent[] }> {
  const { contract, credentials, http } = context;
  const sent: Sent[] = [];
  const send = async (request: HttpRequest): Promise<Exchange> => {
    const exchange = await http.send(request);
    sent.push({ request, exchange });
    return exchange;
  };
  const attack = async (operation: Operation, { kind, name, headers, query = '', step }: Attack): Promise<AttackAttempt> => {
    const place = placeRequest(contract, operation, victim, decoys, query);
    const request = { actor: 'anonymous', purpose: name, ...place, ...(headers && { headers }), ...(step && { step }) } as const;
    return { kind, name, operation: operation.id, exchange: await send(request) };
  };
  const operations = executable(contract);
  const material = materialOf(context);
  const groups = [misplacedAndMalformed(material), forged(material), signedAttacks(credentials, context.target.secrets['BETTER_AUTH_SECRET'])];
  const planned = distribute(operations, groups, flippedBit(material.token));
  const attacks: AttackAttempt[] = [];
  for (let index = 0; index < planned.length; index += AT_ONCE)
    attacks.push(...(await Promise.all(planned.slice(index, index + AT_ONCE).map(([operation, each]) => attack(operation, each)))));
  const reads = operations.filter(({ method }) => method === 'GET').slice(0, READS_WITH_TOKENS_ELSEWHERE);
  attacks.push(...(await attackInOtherPlaces(reads, inOtherPlaces(material), attack)));
  const path = pathOfItem(contract.resource.read, victim.id);
  const large: Exchange[] = [];
  // In sequence: a slow one does not delay the others.
  for (const { name, headers = [] } of oversized(material)) large.push(await send({ actor: 'anonymous', purpose: name, path, headers }));
  return { attacks, oversized: large, sent };
}

function materialOf({ credentials, target }: GatherContext): Material {
  const [appName = ''] = new URL(target.appOrigin).hostname.split('.');
  return { token: credentials.tokenOf('tenant A') ?? '', other: credentials.tokenOf('tenant B') ?? '', publicNames: [appName] };
}

/** Attacks with a valid signature; none where the audit does not have the key. */
function signedAttacks({ sign, subjectOf }: Credentials, secondKey: string | undefined): Attack[] {
  const userId = subjectOf('tenant A');
  if (sign === undefined || userId === undefined) return [];
  const attacks = rightlySigned({ sign, userId });
  if (secondKey === undefined) return attacks;
  return [...attacks, ...underSecondKey((claims, header, hash) => signToken(claims, secondKey, header, hash), userId)];
}

/** Ends with the first request that is slow again: one is enough, and requests after it may have waited for it. */
async function repeatSlowOnes({ http }: GatherContext, before: Exchange, sent: readonly Sent[]): Promise<TokenEvidence['repeated']> {
  const isSlow = ({ ms }: Exchange): boolean => ms > SLOW_MS + before.ms;
  const repetitions: Record<string, Exchange> = {};
  for (const { request, exchange } of sent) {
    if (exchange.response === undefined || !isSlow(exchange)) continue;
    const repeated = await http.send(request);
    repetitions[exchange.id] = repeated;
    if (isSlow(repeated)) break;
  }
  return repetitions;
}

/**
 * All other places of a token in one request per operation. Where the API rejects that as too much, or accepts it, each place is tried
 * in a separate request (for the first accepted one only).
 */
async function attackInOtherPlaces(
  operations: readonly Operation[],
  { whole, parts }: ReturnType<typeof inOtherPlaces>,
  attack: (operation: Operation, attack: Attack) => Promise<AttackAttempt>,
): Promise<AttackAttempt[]> {
  const attempts = await Promise.all(operations.map(async (operation) => ({ operation, attempt: await attack(operation, whole) })));
  const isTooMuch = ({ attempt }: (typeof attempts)[number]): boolean => TOO_MUCH.includes(attempt.exchange.response?.status ?? 0);
  const conclusive = attempts.filter((each) => !isTooMuch(each));
  const accepted = conclusive.filter(({ attempt }) => attempt.exchange.response?.status !== 401).slice(0, 1);
  const inParts = [...attempts.filter(isTooMuch), ...accepted].flatMap(({ operation }) => parts.map((part) => attack(operation, part)));
  return [...(await Promise.all(inParts)), ...conclusive.map(({ attempt }) => attempt)];
}

/** The protected operations that may be executed. The read comes first, so the first attack of each group requests what the owner reads. */
function executable(contract: Contract): Operation[] {
  const { read } = contract.resource;
  const others = contract.operations.filter((operation) => operation.protected && operation.id !== read.id);
  return [read, ...others.filter((operation) => placeOf(contract, operation) !== undefined)];
}

type Decoys = readonly { resource: Resource; decoy: Canary }[];

function createOneInEach({ contract, objectsOf }: GatherContext, purpose: string): Promise<Decoys> {
  return Promise.all(contract.resources.map(async (resource) => ({ resource, decoy: await objectsOf(resource).create('tenant A', purpose) })));
}

/** Method, path and body of an operation: reads request the object that the owner reads, writes a decoy of their collection. */
function placeRequest(
  contract: Contract,
  operation: Operation,
  victim: Canary,
  decoys: Decoys,
  query = '',
): Pick<HttpRequest, 'method' | 'path' | 'body'> {
  const resource = placeOf(contract, operation)?.resource ?? contract.resource;
  const decoy = decoys.find((each) => each.resource === resource)?.decoy ?? victim;
  const { id } = operation.method === 'GET' ? victim : decoy;
  return { method: operation.method, path: `${pathOfItem(operation, id)}${query}`, ...bodyOf(operation, resource) };
}

/** Each group in turn over the operations. An operation without any gets the last attack. */
function distribute(operations: readonly Operation[], groups: readonly (readonly Attack[])[], last: Attack): [Operation, Attack][] {
  const planned = groups.flatMap((attacks) =>
    attacks.flatMap((attack, index): [Operation, Attack][] => {
      const operation = operations[index % operations.length];
      return operation ? [[operation, attack]] : [];
    }),
  );
  const attacked = new Set(planned.map(([{ id }]) => id));
  return [...planned, ...operations.filter(({ id }) => !attacked.has(id)).map((operation): [Operation, Attack] => [operation, last])];
}

export type CoverageEvidence = {
  operations: readonly { operation: Operation; without: Exchange }[];
  /** Other spellings of path and method, without a token. */
  spellings: readonly Exchange[];
  /** One object of each collection, and what its owner reads afterwards. */
  victims: readonly { victim: Canary; after: Exchange }[];
  /** Writes to something that this run did not create, such as DELETE /me; they are not executed. */
  notExecuted: readonly string[];
  /** The token that was accepted before its expiry, after it. Where it is accepted again, another token with the same expiry. */
  ended?: { repeated: Exchange; fresh?: Exchange };
};

/** Every protected operation of the contract without a token, on objects that exist. */
async function gatherOperations(context: GatherContext): Promise<CoverageEvidence> {
  const { contract } = context;
  const tokens = await context.evidence(tokensEvidence);
  const targets = await createOneInEach(context, 'object for operations without a token');
  const victim = targets.find(({ resource }) => resource === contract.resource)?.decoy;
  if (victim === undefined) throw new Error('unreachable: the main collection is one of all');
  const operations = await Promise.all(
    // The control of the attacks is a read without a token.
    executable(contract)
      .filter(({ id }) => id !== contract.resource.read.id)
      .map(async (operation) => ({
        operation,
        without: await context.http.send({ actor: 'anonymous', purpose: 'no token', ...placeRequest(contract, operation, victim, targets) }),
      })),
  );
  const spellings = await sendOtherSpellings(context, victim);
  const victims = await Promise.all(
    targets.map(async ({ resource, decoy }) => ({
      victim: decoy,
      after: await context.objectsOf(resource).read('tenant A', decoy.id, 'the owner reads it after the operations without a token'),
    })),
  );
  const notExecuted = contract.operations
    .filter((operation) => operation.protected && placeOf(contract, operation) === undefined)
    .map((operation) => `${operation.method} ${operation.path}`);
  const ended = await sendAfterExpiry(context, tokens);
  return { operations, spellings, victims, notExecuted, ...(ended && { ended }) };
}

function sendOtherSpellings({ contract, http }: GatherContext, { id }: Canary): Promise<Exchange[]> {
  const item = pathOfItem(contract.resource.read, id);
  const rewritten = { step: 'path-override', path: contract.health.path } as const;
  const spellings: (Pick<HttpRequest, 'purpose' | 'path'> & Partial<HttpRequest>)[] = [
    { purpose: 'HEAD', path: item, method: 'HEAD' },
    { purpose: 'trailing slash', path: `${item}/` },
    { purpose: 'double slash', path: `/${item}` },
    { purpose: 'upper case', path: item.toUpperCase() },
    { purpose: 'encoded dot', path: `${item}/%2e` },
    { purpose: 'path parameter', path: `${item};x` },
    { purpose: 'method override', path: item, method: 'POST', headers: [['X-HTTP-Method-Override', 'GET']] },
    { purpose: 'rewritten URL', ...rewritten, headers: ['X-Original-URL', 'X-Rewrite-URL'].map((name) => [name, item] as const) },
  ];
  return Promise.all(spellings.map((request) => http.send({ actor: 'anonymous', ...request })));
}

async function sendAfterExpiry(
  { contract, credentials: { sign }, http }: GatherContext,
  { victim, ending }: TokenEvidence,
): Promise<CoverageEvidence['ended']> {
  if (sign === undefined || ending === undefined) return undefined;
  const { claims } = ending;
  // In a whole audit the token has expired by now.
  await sleep(Math.max(0, (claims.exp + 1) * 1_000 - Date.now()));
  const path = pathOfItem(contract.resource.read, victim.id);
  const send = (purpose: string, token: string): Promise<Exchange> =>
    http.send({ actor: 'anonymous', purpose, path, headers: [['Authorization', `Bearer ${token}`]] });
  const repeat = (): Promise<Exchange> => send('a token that was accepted, after its expiry', sign(claims));
  const repeated = await repeat();
  if (repeated.response?.status === 401) return { repeated };
  const fresh = await send('another token after the same expiry', sign({ ...claims, iat: claims.exp - SHORT_LIFE_SECONDS }));
  // Once more: a clock tolerance may have ended between the two.
  return { repeated: await repeat(), fresh };
}

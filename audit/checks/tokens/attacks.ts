import { type Contract, placeOf } from '../../contract/contract.ts';
import { type Operation, type Resource, pathOfItem } from '../../contract/operations.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { HttpRequest, Route } from '../../gather/http-client.ts';
import { rateLimitOf } from '../../model/rate-limit.ts';
import { bodyOf, type Canary, type TenantObjects } from '../../gather/tenants.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Attack, AttackClass } from './bad-credentials.ts';
import { missingAttacks } from './families.ts';

/** Few at once, so that attacks delay each other little: their durations are compared with the median of all. */
const AT_ONCE = 16;
/** Of the limit of one client address: for the requests without a valid token of the other evidence. */
const KEPT_FOR_OTHERS = 40;
/** A rejection that takes this much longer than a read of the owner is sent again. */
const SLOW_MS = 1_000;
/** Of slow rejections only the slowest are sent again: on a slow machine all may be, and the limit of the client address has no room for that. */
const MOST_REPEATED = 5;

/** The objects of attacks, and what is read before these. */
export type AttackedObjects = {
  victim: Canary;
  /** For writes, in each collection. */
  decoys: readonly { collection: string; decoy: Canary }[];
  /** The owner reads the victim. */
  before: Exchange;
  /** A read without a token: every other rejection must look the same. */
  control: Exchange;
};

/** Requests with bad credentials, and those of the owner before and after them. */
export type AttackEvidence = Omit<AttackedObjects, 'decoys'> & {
  after: Exchange;
  attacks: readonly AttackAttempt[];
  /** The slowest requests sent once more and alone, by the id of the first: a delay of the network or the machine does not recur. */
  repeated: Readonly<Record<string, Exchange>>;
};

export type AttackAttempt = { kind: AttackClass; name: string; operation: string; exchange: Exchange };

/** Sends bad credentials in requests for objects that exist. */
export type Attacker = {
  /** What the owner reads, and its path. Writes are sent to another object. */
  victim: Canary;
  path: string;
  /** The protected operations that may be executed, the read first. */
  operations: readonly Operation[];
  send(request: Omit<HttpRequest, 'actor'>): Promise<Exchange>;
  /** @param other a route with a client address of its own */
  attack(operation: Operation, attack: Attack, other?: Route): Promise<AttackAttempt>;
  /** Each group in turn over the operations. */
  attackEach(groups: readonly (readonly Attack[])[]): Promise<AttackAttempt[]>;
  /** How many more requests the limit of the client address has room for, besides those of other evidence. */
  roomFor(other: Route | undefined): number;
  /** The attacks of families that an operation has not met, as far as there is room for them. */
  attackMissing(attempts: readonly AttackAttempt[], attacks: readonly Attack[], other: Route | undefined): Promise<AttackAttempt[]>;
  /** Repeats slow requests, and lets the owner read again. */
  finish(attacks: readonly AttackAttempt[]): Promise<AttackEvidence>;
};

/** @param route of the attacks; their client address has its own rate limit */
export async function createAttackedObjects(context: GatherContext, route?: Route): Promise<AttackedObjects> {
  const { contract, http, objects } = context;
  const [victim, decoys] = await Promise.all([
    objects.create('tenant A', 'object that bad tokens request'),
    createInEach(context, ({ create }) => create('tenant A', 'object for writes with bad tokens')),
  ]);
  const path = pathOfItem(contract.resource.read, victim.id);
  const [before, control] = await Promise.all([
    objects.read('tenant A', victim.id, 'the owner reads it before the attacks'),
    http.send({ actor: 'anonymous', purpose: 'no credentials', path, ...(route && { route }) }),
  ]);
  return { victim, decoys: decoys.map(({ resource: { name }, decoy }) => ({ collection: name, decoy })), before, control };
}

/** @param made an attack on the read that was already made */
export function createAttacker(
  { contract, http, objects }: GatherContext,
  { victim, before, control, ...attacked }: AttackedObjects,
  { route, made }: { route?: Route | undefined; made?: { attack: Attack; exchange: Exchange } } = {},
): Attacker {
  const path = pathOfItem(contract.resource.read, victim.id);
  const decoys = contract.resources.map((resource) => ({
    resource,
    decoy: attacked.decoys.find(({ collection }) => collection === resource.name)?.decoy ?? victim,
  }));
  const operations = executable(contract);
  const sent: { request: HttpRequest; exchange: Exchange }[] = [];

  async function send(given: Omit<HttpRequest, 'actor'>): Promise<Exchange> {
    const request: HttpRequest = { actor: 'anonymous', ...(route && { route }), ...given };
    const exchange = await http.send(request);
    sent.push({ request, exchange });
    return exchange;
  }

  async function attack(operation: Operation, planned: Attack, other?: Route): Promise<AttackAttempt> {
    const { kind, name, headers, query = '', step } = planned;
    const place = placeRequest(contract, operation, victim, decoys, query);
    const request = { purpose: name, ...place, ...(headers && { headers }), ...(step && { step }), ...(other && { route: other }) };
    const isMade = planned === made?.attack && operation.id === contract.resource.read.id;
    if (isMade) sent.push({ request: { actor: 'anonymous', ...request }, exchange: made.exchange });
    return { kind, name, operation: operation.id, exchange: isMade ? made.exchange : await send(request) };
  }

  async function attackAll(planned: readonly (readonly [Operation, Attack])[], other?: Route): Promise<AttackAttempt[]> {
    const attempts: AttackAttempt[] = [];
    for (let index = 0; index < planned.length; index += AT_ONCE)
      attempts.push(...(await Promise.all(planned.slice(index, index + AT_ONCE).map(([operation, each]) => attack(operation, each, other)))));
    return attempts;
  }

  function roomFor(other: Route | undefined): number {
    const left = rateLimitOf(control.response)?.remaining ?? Infinity;
    return Math.max(0, left - KEPT_FOR_OTHERS - sent.filter(({ request }) => request.route === (other ?? route)).length);
  }

  /** Ends with the first request that is slow again: one is enough, and requests after it may have waited for it. */
  async function repeatSlowOnes(): Promise<AttackEvidence['repeated']> {
    const isSlow = ({ ms }: Exchange): boolean => ms > SLOW_MS + before.ms;
    const slow = sent.filter(({ exchange }) => exchange.response !== undefined && isSlow(exchange));
    const repetitions: Record<string, Exchange> = {};
    for (const { request, exchange } of slow.toSorted((a, b) => b.exchange.ms - a.exchange.ms).slice(0, MOST_REPEATED)) {
      const repeated = await http.send(request);
      repetitions[exchange.id] = repeated;
      if (isSlow(repeated)) break;
    }
    return repetitions;
  }

  return {
    victim,
    path,
    operations,
    send,
    attack,
    attackEach: (groups) => attackAll(distribute(operations, groups)),
    roomFor,
    attackMissing: (attempts, attacks, other) => attackAll(missingAttacks(operations, attempts, attacks).slice(0, roomFor(other)), other),
    async finish(attacks) {
      const repeated = await repeatSlowOnes();
      const after = await objects.read('tenant A', victim.id, 'the owner reads it after the attacks');
      return { victim, before, after, control, attacks, repeated };
    },
  };
}

/** The protected operations that may be executed. The read comes first, so the first attack of each group requests what the owner reads. */
export function executable(contract: Contract): Operation[] {
  const { read } = contract.resource;
  const others = contract.operations.filter((operation) => operation.protected && operation.id !== read.id);
  return [read, ...others.filter((operation) => placeOf(contract, operation) !== undefined)];
}

/** An object of each collection. */
export type Decoys<Decoy extends Canary = Canary> = readonly { resource: Resource; decoy: Decoy }[];

export function createInEach<Decoy extends Canary>(
  { contract, objectsOf }: GatherContext,
  create: (objects: TenantObjects) => Promise<Decoy>,
): Promise<Decoys<Decoy>> {
  return Promise.all(contract.resources.map(async (resource) => ({ resource, decoy: await create(objectsOf(resource)) })));
}

/** Method, path and body of an operation: reads request the object that the owner reads, writes a decoy of their collection. */
export function placeRequest(
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

function distribute(operations: readonly Operation[], groups: readonly (readonly Attack[])[]): [Operation, Attack][] {
  return groups.flatMap((attacks) =>
    attacks.flatMap((attack, index): [Operation, Attack][] => {
      const operation = operations[index % operations.length];
      return operation ? [[operation, attack]] : [];
    }),
  );
}

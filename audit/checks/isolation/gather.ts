import { randomUUID } from 'node:crypto';
import { deletionOf, type Operation, type Resource, pathOfItem } from '../../contract/operations.ts';
import type { Actor, Exchange } from '../../model/exchange.ts';
import type { Varying } from '../../model/response.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { bodyOf, type Canary, type Victim } from '../../gather/tenants.ts';
import { varyingEvidence } from '../../gather/varying-properties.ts';
import { jsonIdOf } from '../../gather/object-ids.ts';
import { withoutTwins } from './gather-caller-paths.ts';

/**
 * Objects of each collection on which each operation is tried, because an owner filter may fail for some ids only. Tenant B and a third
 * tenant make 17 attempts per operation; the probability that all of them miss a fault in one response of three is 0.1 %.
 */
const OBJECTS = 8;
/** With two given tokens there is no third tenant, and all checks share two buckets. */
const OBJECTS_FOR_GIVEN_TOKENS = 3;
/** One is deleted, and one must not change. */
const FEWEST_OBJECTS = 2;
/** Objects that their owner reads during the attempts. */
const WATCHED_OBJECTS = 2;
/** Requests of one tenant here and for the cleanup: less than the common limit of 100 requests a minute. */
const REQUESTS_PER_TENANT = 97;

export type IsolationEvidence = {
  /** For each collection the attempts on several objects of tenant A. */
  byId: readonly IsolationOf[];
  /** For each collection a creation by B with the id of an object of A. */
  overwriting: readonly { name: string; victim: Victim; created: Exchange; ownerAfter: Exchange }[];
  /** For each collection whose objects can be deleted. */
  deletions: readonly Deletion[];
};

export type IsolationOf = {
  collection: string;
  varying: Varying;
  objects: readonly AttackedObject[];
  operations: readonly AttackedBy[];
};

export type AttackedObject = {
  victim: Canary;
  ownerBefore: Exchange;
  /** A read of the owner during the attempts; of some objects only. */
  meanwhile?: Exchange;
  ownerAfter: Exchange;
};

export type AttackedBy = {
  operation: Operation;
  /** Of every other tenant on every object, and one that names A as the caller; `on` is the index of the object. */
  attempts: readonly { on: number; exchange: Exchange }[];
  /**
   * The same with an id that no object has: one that never existed for reads, and for writes one that B created and deleted,
   * because a made-up id could belong to a user. Absent where B could not delete its object.
   */
  unknown?: Exchange;
  /** HEAD instead of GET. */
  head?: { foreign: Exchange; unknown: Exchange };
  /** The same by the owner, after all attempts: it must succeed. */
  allowed: Exchange;
};

/** The owner changes some objects and deletes one: afterwards every operation on that one returns 404, and another object is unchanged. */
type Deletion = { deleted: Exchange; gone: readonly Exchange[]; neighbor: Exchange; neighborAfter: Exchange; varying: Varying };

export const isolationEvidence: Evidence<IsolationEvidence> = {
  name: 'isolation',
  isMatrix: true,
  requests: [50, 44],
  area: 'isolation',
  gather: gatherIsolationById,
};

/** Other tenants try each operation on several objects of A, and A reads all of them again. */
export async function gatherIsolationById(context: GatherContext): Promise<IsolationEvidence> {
  const { resources } = context.contract;
  const found = await Promise.all(
    resources.map((resource) =>
      context.withOwnTenants(resource.name, async () => ({
        ...(await gatherResource(context, resource, objectsIn(context, resource))),
        overwriting: await gatherOverwriting(context, resource),
      })),
    ),
  );
  return {
    byId: found.map(({ byId }) => byId),
    overwriting: found.map(({ overwriting }) => overwriting),
    deletions: found.flatMap(({ deletion }) => (deletion === undefined ? [] : [deletion])),
  };
}

/** Each collection has own tenants where the audit can mint them. */
function objectsIn({ contract: { resources }, collections, credentials: { mints } }: GatherContext, resource: Resource): number {
  if (!mints) return objectsFor(resources, false);
  return collections().includes(resource) ? objectsFor([resource], true) : FEWEST_OBJECTS;
}

/** How many objects of each collection fit the request budget of tenants A and B. */
export function objectsFor(resources: readonly Pick<Resource, 'onItem'>[], hasThirdTenant: boolean): number {
  const operations = resources.reduce((sum, { onItem }) => sum + onItem.length, 0);
  const onceEach = 2 * operations + 10 * resources.length;
  // A creates each object, reads it twice and deletes it; B tries each operation on it.
  const fit = Math.min((REQUESTS_PER_TENANT - onceEach) / (4 * resources.length), (REQUESTS_PER_TENANT - onceEach) / operations);
  return Math.max(FEWEST_OBJECTS, Math.min(hasThirdTenant ? OBJECTS : OBJECTS_FOR_GIVEN_TOKENS, Math.floor(fit)));
}

async function gatherResource(
  context: GatherContext,
  resource: Resource,
  count: number,
): Promise<{ byId: IsolationOf; deletion: Deletion | undefined }> {
  const { read } = context.objectsOf(resource);
  const { [resource.name]: varying = [] } = await context.evidence(varyingEvidence);
  const [deletedId, prepared] = await Promise.all([
    createAndDelete(context, resource),
    Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const victim = await createObject(context, resource, { index, count });
        return { victim, ownerBefore: await read('tenant A', victim.id, 'the owner reads it before the attempts') };
      }),
    ),
  ]);
  const writable = await withoutTwins(
    context,
    resource,
    prepared.map(({ victim }) => victim),
  );
  // The owner's requests are sent first: the API must not return cached or shared parts of them to others.
  const started = prepared.map((each, index) => ({
    ...each,
    reading: index < WATCHED_OBJECTS ? read('tenant A', each.victim.id, 'the owner reads it during the attempts') : undefined,
  }));
  const victims = prepared.map(({ victim }) => victim);
  const attacks = await Promise.all(resource.onItem.map((operation) => attack(context, resource, { operation, victims, writable, deletedId })));
  const objects = await Promise.all(
    started.map(async ({ reading, ...each }) => ({
      ...each,
      ...(reading && { meanwhile: await reading }),
      ownerAfter: await read('tenant A', each.victim.id, 'the owner reads it after the attempts'),
    })),
  );
  const { operations, deletion } = await gatherOwner(context, resource, attacks, objects);
  return { byId: { collection: resource.name, varying, objects, operations }, deletion: deletion && { ...deletion, varying } };
}

/**
 * An object of A. The objects differ in each enumerated property and in their history, because a filter may fail for some of them only:
 * the last one is created with an Idempotency-Key, and those before it are changed once.
 */
async function createObject(context: GatherContext, resource: Resource, { index, count }: { index: number; count: number }): Promise<Canary> {
  const { onItem, variants } = resource;
  const fromLast = count - 1 - index;
  const fields = variants[index % Math.max(1, variants.length)];
  const isKeyed = fromLast === 0 && context.contract.requestHeaders.includes('idempotency-key');
  const victim = await context.objectsOf(resource).create('tenant A', 'object that other tenants try to reach', {
    ...(fields && { fields }),
    ...(isKeyed && { headers: [['Idempotency-Key', randomUUID()]] }),
  });
  // Only objects on which the owner executes no operation later.
  const change = index > onItem.length ? onItem.filter(isChange)[fromLast - 1] : undefined;
  if (change !== undefined) await byOwner(context, resource, change, victim, 'the owner changes it before the attempts');
  return victim;
}

function isChange({ method }: Operation): boolean {
  return !['GET', 'DELETE'].includes(method);
}

/** The id of an object that B has deleted; undefined where that is not possible. */
export async function createAndDelete(context: GatherContext, resource: Resource): Promise<string | undefined> {
  const remove = deletionOf(resource);
  if (remove === undefined) return undefined;
  const { id } = await context.objectsOf(resource).create('tenant B', 'object to delete at once');
  const { response } = await context.http.send({
    actor: 'tenant B',
    purpose: 'the owner deletes it',
    method: 'DELETE',
    path: pathOfItem(remove, id),
  });
  return response !== undefined && response.status >= 200 && response.status <= 299 ? id : undefined;
}

type Attack = Omit<AttackedBy, 'allowed'>;

async function attack(
  context: GatherContext,
  resource: Resource,
  {
    operation,
    victims,
    writable,
    deletedId,
  }: { operation: Operation; victims: readonly Canary[]; writable: readonly Canary[]; deletedId: string | undefined },
): Promise<Attack> {
  const isGet = operation.method === 'GET';
  const subject = context.credentials.subjectOf('tenant A') ?? 'another-user';
  const send = (
    id: string,
    purpose: string,
    { method = operation.method, claim = '', actor = 'tenant B' }: { method?: string; claim?: string; actor?: Actor } = {},
  ): Promise<Exchange> =>
    context.http.send({
      actor,
      purpose,
      method,
      path: `${pathOfItem(operation, id)}${claim}`,
      ...(claim !== '' && { headers: [['X-User-ID', subject]] as const }),
      ...bodyOf(operation, resource),
    });
  const numbered = victims.flatMap((victim, on) => (isGet || writable.includes(victim) ? [{ id: victim.id, on }] : []));
  const onEach = (objects: typeof numbered, purpose: string, details?: Parameters<typeof send>[2]): Promise<AttackedBy['attempts'][number]>[] =>
    objects.map(async ({ id, on }) => ({ on, exchange: await send(id, purpose, details) }));
  const claim = `?${resource.ownerProperty}=${encodeURIComponent(subject)}`;
  const claimed = resource.onItem.indexOf(operation) % victims.length;
  const unknownId = isGet ? resource.unknownId : deletedId;
  const [unknown, headOfForeign, headOfUnknown, ...attempts] = await Promise.all([
    unknownId === undefined ? undefined : send(unknownId, 'an object that does not exist'),
    isGet ? send(victims[0]?.id ?? '', "HEAD of another tenant's object", { method: 'HEAD' }) : undefined,
    isGet ? send(resource.unknownId, 'HEAD of an object that never existed', { method: 'HEAD' }) : undefined,
    ...onEach(numbered, "another tenant's object"),
    // With two given tokens the third tenant would be B again.
    ...(context.credentials.mints ? onEach(numbered, "another tenant's object, by a third tenant", { actor: 'limited tenant' }) : []),
    ...onEach(numbered.slice(claimed, claimed + 1), "another tenant's object, claiming to be its owner", { claim }),
  ]);
  return {
    operation,
    attempts,
    ...(unknown && { unknown }),
    ...(headOfForeign && headOfUnknown && { head: { foreign: headOfForeign, unknown: headOfUnknown } }),
  };
}

function byOwner(context: GatherContext, resource: Resource, operation: Operation, { id, text }: Canary, purpose: string): Promise<Exchange> {
  return context.objectsOf(resource).execute('tenant A', operation, id, { purpose, text });
}

/** The owner executes each operation, the deletion last, and leaves the last object unchanged. */
async function gatherOwner(
  context: GatherContext,
  resource: Resource,
  attacks: readonly Attack[],
  objects: readonly AttackedObject[],
): Promise<{ operations: readonly AttackedBy[]; deletion: Omit<Deletion, 'varying'> | undefined }> {
  const [first, neighbor] = [objects[0], objects.at(-1)];
  if (first === undefined || neighbor === undefined) throw new Error('unreachable: there is no object for the operations');
  const remove = deletionOf(resource);
  const withoutDeletion = attacks.filter(({ operation }) => operation !== remove);
  const executed = await Promise.all(
    withoutDeletion.map(async (each, index) => {
      const { victim } = objects[index % (objects.length - 1)] ?? first;
      return { ...each, allowed: await byOwner(context, resource, each.operation, victim, 'the owner does the same') };
    }),
  );
  if (remove === undefined) return { operations: executed, deletion: undefined };
  const deleted = await byOwner(context, resource, remove, first.victim, 'the owner deletes it');
  const { read } = context.objectsOf(resource);
  const [neighborAfter, ...gone] = await Promise.all([
    read('tenant A', neighbor.victim.id, 'the owner reads another object'),
    read('tenant B', first.victim.id, 'another tenant reads the deleted object'),
    ...resource.onItem.map((operation) => byOwner(context, resource, operation, first.victim, `${operation.id} by the owner on the deleted object`)),
  ]);
  const deletions = attacks.filter(({ operation }) => operation === remove).map((each) => ({ ...each, allowed: deleted }));
  return { operations: [...executed, ...deletions], deletion: { deleted, gone, neighbor: neighbor.ownerAfter, neighborAfter } };
}

async function gatherOverwriting(context: GatherContext, resource: Resource): Promise<IsolationEvidence['overwriting'][number]> {
  const objects = context.objectsOf(resource);
  const victim = await objects.createVictim('tenant A', 'object whose id another tenant sends');
  const fields = { [resource.idProperty]: jsonIdOf(victim.created.response?.body, resource.idProperty) };
  const { created } = await objects.tryToCreate('tenant B', "a creation with the id of A's object", { fields });
  return { name: resource.name, victim, created, ownerAfter: await objects.read('tenant A', victim.id, 'the owner reads it after that creation') };
}

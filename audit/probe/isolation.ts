import { type Operation, pathOfItem, type Resource } from '../contract.ts';
import type { Actor, Exchange } from '../exchange.ts';
import type { Kit } from './kit.ts';
import { bodyOf, type Canary, jsonIdOf } from './tenants.ts';

/**
 * Each operation is tried so often by B, and by a third tenant with a bucket of its own, in case it is refused only now and then:
 * with the one that claims to be the owner 13 tries, of which all miss what shows in one answer of three with a chance of 0.5 %.
 */
const TRIES = 3;
const TRIES_OF_A_THIRD = 9;

export type IsolationEvidence = {
  byId: readonly {
    operation: Operation;
    victim: Canary;
    ownerBefore: Exchange;
    foreign: Exchange;
    /** The same again, and with every hint that B would rather be A. */
    again: readonly Exchange[];
    /**
     * The same with an id that no object has: one that never existed for reads, and for writes one that B created and deleted,
     * because an id made up by chance could be somebody's. Absent where B could not delete its object.
     */
    unknown?: Exchange;
    /** The owner reads at the same time. */
    meanwhile: Exchange;
    /** HEAD instead of GET. */
    head?: { foreign: Exchange; unknown: Exchange };
    ownerAfter: Exchange;
    /** The same by its owner, last of all: it must succeed. */
    allowed: Exchange;
  }[];
  /** Of each collection: B creates an object and brings the id of one of A's. */
  overwriting: readonly { name: string; victim: Canary; created: Exchange; ownerAfter: Exchange }[];
  /** Of each collection in which objects can be deleted. */
  deletions: readonly Deletion[];
};

/** Its owner changes and deletes an object: afterwards it is gone for every operation, and the one beside it is as it was. */
type Deletion = { deleted: Exchange; gone: readonly Exchange[]; neighbour: Canary; neighbourAfter: Exchange };

/** Each operation on an object: B tries it on A's, and A looks again. */
export async function probeIsolationById(kit: Kit): Promise<IsolationEvidence> {
  const { resources } = kit.contract;
  const everyOperation = resources.flatMap((resource) => resource.onItem.map((operation) => ({ resource, operation })));
  const deletedIds = new Map(await Promise.all(resources.map(async (resource) => [resource, await createAndDelete(kit, resource)] as const)));
  const byId = await Promise.all(
    everyOperation.map(({ resource, operation }) =>
      probeOperation(kit, resource, operation, operation.method === 'GET' ? resource.unknownId : deletedIds.get(resource)),
    ),
  );
  const overwriting = await Promise.all(resources.map((resource) => probeOverwriting(kit, resource)));
  const deletions = await Promise.all(resources.map((resource) => probeDeletion(kit, resource)));
  return { byId, overwriting, deletions: deletions.filter((deletion) => deletion !== undefined) };
}

/** The id of an object that B has deleted; undefined where that is not possible. */
async function createAndDelete(kit: Kit, resource: Resource): Promise<string | undefined> {
  const remove = deletionOf(resource);
  if (remove === undefined) return undefined;
  const { id } = await kit.objectsOf(resource).create('tenant B', 'object that is deleted at once');
  const { answer } = await kit.wire.send({ actor: 'tenant B', purpose: 'deletes its object', method: 'DELETE', path: pathOfItem(remove, id) });
  return answer !== undefined && answer.status >= 200 && answer.status <= 299 ? id : undefined;
}

function deletionOf({ onItem, read }: Resource): Operation | undefined {
  return onItem.find(({ method, path }) => method === 'DELETE' && path === read.path);
}

async function probeOperation(
  kit: Kit,
  resource: Resource,
  operation: Operation,
  unknownId: string | undefined,
): Promise<IsolationEvidence['byId'][number]> {
  const subject = kit.credentials.subjectOf('tenant A') ?? 'somebody-else';
  const objects = kit.objectsOf(resource);
  const victim = await objects.create('tenant A', `object for ${operation.id} by another tenant`);
  const ownerBefore = await objects.read('tenant A', victim.id, 'owner reads before');
  const tryOn = (
    id: string,
    purpose: string,
    { method = operation.method, hint = '', actor = 'tenant B' }: { method?: string; hint?: string; actor?: Actor } = {},
  ): Promise<Exchange> =>
    kit.wire.send({
      actor,
      purpose,
      method,
      path: `${pathOfItem(operation, id)}${hint}`,
      ...(hint !== '' && { headers: [['X-User-ID', subject]] as const }),
      ...bodyOf(operation, resource),
    });
  // The owner asks first: what is kept of its request must be of no use to the others that are under way.
  const [meanwhile, foreign, unknown, ...again] = await Promise.all([
    objects.read('tenant A', victim.id, 'owner reads meanwhile'),
    tryOn(victim.id, "another tenant's object"),
    unknownId === undefined ? undefined : tryOn(unknownId, 'an object that does not exist'),
    ...Array.from({ length: TRIES - 1 }, () => tryOn(victim.id, "another tenant's object, again")),
    // Of two tokens that were given none is a third tenant's.
    ...Array.from({ length: kit.credentials.sign === undefined ? 0 : TRIES_OF_A_THIRD }, () =>
      tryOn(victim.id, "another tenant's object, by a third", { actor: 'limited tenant' }),
    ),
    tryOn(victim.id, "another tenant's object, claiming to be its owner", { hint: `?${resource.ownerProperty}=${encodeURIComponent(subject)}` }),
  ]);
  const head = operation.method === 'GET' && {
    foreign: await tryOn(victim.id, "HEAD of another tenant's object", { method: 'HEAD' }),
    unknown: await tryOn(resource.unknownId, 'HEAD of an object that never existed', { method: 'HEAD' }),
  };
  const ownerAfter = await objects.read('tenant A', victim.id, 'owner reads again');
  const allowed = await byOwner(kit, resource, operation, victim.id, 'its owner does the same');
  return { operation, victim, ownerBefore, foreign, again, ...(unknown && { unknown }), meanwhile, ...(head && { head }), ownerAfter, allowed };
}

function byOwner(kit: Kit, resource: Resource, operation: Operation, id: string, purpose: string): Promise<Exchange> {
  return kit.wire.send({
    actor: 'tenant A',
    purpose,
    method: operation.method,
    path: pathOfItem(operation, id),
    ...bodyOf(operation, resource),
  });
}

async function probeOverwriting(kit: Kit, resource: Resource): Promise<IsolationEvidence['overwriting'][number]> {
  const objects = kit.objectsOf(resource);
  const victim = await objects.create('tenant A', 'object whose id another brings');
  const fields = { [resource.idProperty]: jsonIdOf(victim.created.answer?.body, resource.idProperty) };
  const { created } = await objects.tryToCreate('tenant B', "a creation with the id of A's object", { fields });
  return { name: resource.name, victim, created, ownerAfter: await objects.read('tenant A', victim.id, 'owner reads after that') };
}

async function probeDeletion(kit: Kit, resource: Resource): Promise<Deletion | undefined> {
  const objects = kit.objectsOf(resource);
  const remove = deletionOf(resource);
  if (remove === undefined) return undefined;
  const [neighbour, victim] = await Promise.all([
    objects.create('tenant A', 'object beside the one that is deleted'),
    objects.create('tenant A', 'object its owner deletes'),
  ]);
  for (const operation of resource.onItem)
    if (!['GET', 'DELETE'].includes(operation.method)) await byOwner(kit, resource, operation, victim.id, 'owner changes');
  const deleted = await byOwner(kit, resource, remove, victim.id, 'owner deletes');
  const [neighbourAfter, ...gone] = await Promise.all([
    objects.read('tenant A', neighbour.id, 'owner reads the object beside it'),
    objects.read('tenant B', victim.id, 'the other reads what is deleted'),
    ...resource.onItem.map((operation) => byOwner(kit, resource, operation, victim.id, `owner: ${operation.id} on what is deleted`)),
  ]);
  return { deleted, gone, neighbour, neighbourAfter };
}

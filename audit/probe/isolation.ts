import { type Operation, pathOfItem } from '../contract.ts';
import type { Exchange } from '../exchange.ts';
import type { Kit } from './kit.ts';
import { bodyOf, type Canary } from './tenants.ts';

/** Each operation is tried so often, in case it is refused only now and then. */
const TRIES = 3;

export type IsolationEvidence = {
  byId: readonly {
    operation: Operation;
    victim: Canary;
    ownerBefore: Exchange;
    foreign: Exchange;
    /** The same again, and with every hint that B would rather be A. */
    again: readonly Exchange[];
    unknown: Exchange;
    ownerAfter: Exchange;
    /** The same by its owner, last of all: it must succeed. */
    allowed: Exchange;
  }[];
  /** Its owner changes and deletes an object: afterwards it is gone for both, deleting it again finds nothing, and the one beside it is as it was. */
  deletion: Deletion | undefined;
};

type Deletion = { victim: Canary; deleted: Exchange; owner: Exchange; other: Exchange; again: Exchange; neighbour: Canary; neighbourAfter: Exchange };

/** Each operation on an object: B tries it on A's, and A looks again. */
export async function probeIsolationById(kit: Kit): Promise<IsolationEvidence> {
  const subject = kit.credentials.subjectOf('tenant A') ?? 'somebody-else';
  const everyOperation = kit.contract.resources.flatMap((resource) => resource.onItem.map((operation) => ({ resource, operation })));
  const byId = await Promise.all(
    everyOperation.map(async ({ resource, operation }) => {
      const objects = kit.objectsOf(resource);
      const victim = await objects.create('tenant A', `object for ${operation.id} by another tenant`);
      const ownerBefore = await objects.read('tenant A', victim.id, 'owner reads before');
      const tryOn = (id: string, purpose: string, hint = ''): Promise<Exchange> =>
        kit.wire.send({
          actor: 'tenant B',
          purpose,
          method: operation.method,
          path: `${pathOfItem(operation, id)}${hint}`,
          ...(hint !== '' && { headers: [['X-User-ID', subject]] as const }),
          ...bodyOf(operation, resource),
        });
      const [foreign, unknown, ...again] = await Promise.all([
        tryOn(victim.id, "another tenant's object"),
        tryOn(resource.unknownId, 'an object that never existed'),
        ...Array.from({ length: TRIES - 1 }, () => tryOn(victim.id, "another tenant's object, again")),
        tryOn(victim.id, "another tenant's object, claiming to be its owner", `?${resource.ownerProperty}=${encodeURIComponent(subject)}`),
      ]);
      const ownerAfter = await objects.read('tenant A', victim.id, 'owner reads again');
      const allowed = await kit.wire.send({
        actor: 'tenant A',
        purpose: 'its owner does the same',
        method: operation.method,
        path: pathOfItem(operation, victim.id),
        ...bodyOf(operation, resource),
      });
      return { operation, victim, ownerBefore, foreign, again, unknown, ownerAfter, allowed };
    }),
  );
  return { byId, deletion: await probeDeletion(kit) };
}

async function probeDeletion(kit: Kit): Promise<Deletion | undefined> {
  const { onItem } = kit.contract.resource;
  const remove = onItem.find(({ method }) => method === 'DELETE');
  if (remove === undefined) return undefined;
  const change = onItem.find(({ method, sample }) => method !== 'DELETE' && sample !== undefined);
  const [neighbour, victim] = await Promise.all([
    kit.objects.create('tenant A', 'object beside the one that is deleted'),
    kit.objects.create('tenant A', 'object its owner deletes'),
  ]);
  if (change)
    await kit.wire.send({
      actor: 'tenant A',
      purpose: 'owner changes',
      method: change.method,
      path: pathOfItem(change, victim.id),
      ...bodyOf(change, kit.contract.resource),
    });
  const path = pathOfItem(remove, victim.id);
  const deleted = await kit.wire.send({ actor: 'tenant A', purpose: 'owner deletes', method: 'DELETE', path });
  const [owner, other, neighbourAfter] = await Promise.all([
    kit.objects.read('tenant A', victim.id, 'owner reads what is deleted'),
    kit.objects.read('tenant B', victim.id, 'the other reads what is deleted'),
    kit.objects.read('tenant A', neighbour.id, 'owner reads the object beside it'),
  ]);
  const again = await kit.wire.send({ actor: 'tenant A', purpose: 'owner deletes again', method: 'DELETE', path });
  return { victim, deleted, owner, other, again, neighbour, neighbourAfter };
}

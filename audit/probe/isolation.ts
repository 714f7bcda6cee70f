import { type Operation, pathOfItem } from '../contract.ts';
import type { Exchange } from '../exchange.ts';
import type { Kit } from './kit.ts';
import type { Canary } from './tenants.ts';

// A valid id that no database of this size has given out.
const NEVER_EXISTED = '2147483646';

export type IsolationEvidence = {
  byId: readonly { operation: Operation; victim: Canary; ownerBefore: Exchange; foreign: Exchange; unknown: Exchange; ownerAfter: Exchange }[];
  /** Its owner deletes an object: afterwards it is gone for both, and deleting it again finds nothing. */
  deletion: { victim: Canary; deleted: Exchange; owner: Exchange; other: Exchange; again: Exchange } | undefined;
};

/** Each operation on an object: B tries it on A's, and A looks again. */
export async function probeIsolationById(kit: Kit): Promise<IsolationEvidence> {
  const { resource } = kit.contract;
  const byId = await Promise.all(
    resource.onItem.map(async (operation) => {
      const victim = await kit.objects.create('tenant A', `object for ${operation.id} by another tenant`);
      const ownerBefore = await kit.objects.read('tenant A', victim.id, 'owner reads before');
      const body = operation.sample === undefined ? {} : { body: operation.sample };
      const [foreign, unknown] = await Promise.all(
        [victim.id, NEVER_EXISTED].map((id, index) =>
          kit.wire.send({
            actor: 'tenant B',
            purpose: index === 0 ? "another tenant's object" : 'an object that never existed',
            method: operation.method,
            path: pathOfItem(operation, id),
            ...body,
          }),
        ),
      );
      if (foreign === undefined || unknown === undefined) throw new Error('unreachable: two requests give two exchanges');
      return { operation, victim, ownerBefore, foreign, unknown, ownerAfter: await kit.objects.read('tenant A', victim.id, 'owner reads again') };
    }),
  );
  return { byId, deletion: await probeDeletion(kit) };
}

async function probeDeletion(kit: Kit): Promise<IsolationEvidence['deletion']> {
  const remove = kit.contract.resource.onItem.find(({ method }) => method === 'DELETE');
  if (remove === undefined) return undefined;
  const victim = await kit.objects.create('tenant A', 'object its owner deletes');
  const path = pathOfItem(remove, victim.id);
  const deleted = await kit.wire.send({ actor: 'tenant A', purpose: 'owner deletes', method: 'DELETE', path });
  const [owner, other] = await Promise.all([
    kit.objects.read('tenant A', victim.id, 'owner reads what is deleted'),
    kit.objects.read('tenant B', victim.id, 'the other reads what is deleted'),
  ]);
  const again = await kit.wire.send({ actor: 'tenant A', purpose: 'owner deletes again', method: 'DELETE', path });
  return { victim, deleted, owner, other, again };
}

export type ListsEvidence = {
  ofA: Canary;
  ofB: Canary;
  listA: Exchange;
  listB: Exchange;
  /** B's lists, with every hint that it would rather be A. */
  asA: readonly Exchange[];
  /** B creates an object that claims to be A's; A's list and reading of it. */
  forged: { canary: Canary; listA: Exchange };
  anonymousRead: Exchange;
  anonymousUnknown: Exchange;
  interleaved: readonly { actor: 'tenant A' | 'tenant B'; exchange: Exchange }[];
  /** A's user id, where the audit minted it. */
  userIdOfA: string | undefined;
};

export async function probeLists(kit: Kit): Promise<ListsEvidence> {
  const { list, read } = kit.contract.resource;
  const ofA = await kit.objects.create('tenant A', "A's object for the lists");
  const ofB = await kit.objects.create('tenant B', "B's object for the lists");
  const { exchange: listA } = await kit.objects.findMarked('tenant A');
  const { exchange: listB } = await kit.objects.findMarked('tenant B');
  const userIdOfA = kit.credentials.userIds[0];
  const id = userIdOfA ?? 'somebody-else';
  const asB = (purpose: string, query: string, headers?: readonly (readonly [string, string])[]): Promise<Exchange> =>
    kit.wire.send({ actor: 'tenant B', purpose, path: `${list.path}${query}`, ...(headers && { headers }) });
  const asA = await Promise.all([
    asB('user_id in the query', `?user_id=${id}`),
    asB('user_id[] in the query', `?user_id[]=${id}`),
    asB('user_id twice in the query', `?user_id=${id}&user_id=${id}`),
    asB('X-User-ID', '', [['X-User-ID', id]]),
    asB("search for A's text", `?search=${ofA.text}`),
    asB('sorted the other way', '?sort_by=title&sort_order=asc'),
  ]);
  const forged = await kit.objects.create('tenant B', "B's object that claims to be A's", { fields: { user_id: id } });
  const { exchange: listAfter } = await kit.objects.findMarked('tenant A');
  const anonymous = (purpose: string, item: string): Promise<Exchange> =>
    kit.wire.send({ actor: 'anonymous', purpose, path: pathOfItem(read, item) });
  const [anonymousRead, anonymousUnknown] = await Promise.all([
    anonymous("nobody reads A's object", ofA.id),
    anonymous('nobody reads what never existed', NEVER_EXISTED),
  ]);
  const interleaved = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const actor = index % 2 === 0 ? ('tenant A' as const) : ('tenant B' as const);
      return { actor, exchange: await kit.objects.read(actor, actor === 'tenant A' ? ofA.id : ofB.id, 'one of twenty at once') };
    }),
  );
  return { ofA, ofB, listA, listB, asA, forged: { canary: forged, listA: listAfter }, anonymousRead, anonymousUnknown, interleaved, userIdOfA };
}

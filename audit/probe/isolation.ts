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
  const byId = await Promise.all(
    kit.contract.resource.onItem.map(async (operation) => {
      const victim = await kit.objects.create('tenant A', `object for ${operation.id} by another tenant`);
      const ownerBefore = await kit.objects.read('tenant A', victim.id, 'owner reads before');
      const tryOn = (id: string, purpose: string, hint = ''): Promise<Exchange> =>
        kit.wire.send({
          actor: 'tenant B',
          purpose,
          method: operation.method,
          path: `${pathOfItem(operation, id)}${hint}`,
          ...(hint !== '' && { headers: [['X-User-ID', subject]] as const }),
          ...bodyOf(operation, kit.contract.resource),
        });
      const [foreign, unknown, ...again] = await Promise.all([
        tryOn(victim.id, "another tenant's object"),
        tryOn(kit.contract.resource.unknownId, 'an object that never existed'),
        ...Array.from({ length: TRIES - 1 }, () => tryOn(victim.id, "another tenant's object, again")),
        tryOn(
          victim.id,
          "another tenant's object, claiming to be its owner",
          `?${kit.contract.resource.ownerProperty}=${encodeURIComponent(subject)}`,
        ),
      ]);
      const ownerAfter = await kit.objects.read('tenant A', victim.id, 'owner reads again');
      const allowed = await kit.wire.send({
        actor: 'tenant A',
        purpose: 'its owner does the same',
        method: operation.method,
        path: pathOfItem(operation, victim.id),
        ...bodyOf(operation, kit.contract.resource),
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

export type ListsEvidence = {
  ofA: Canary;
  ofB: Canary;
  listA: Exchange;
  listB: Exchange;
  /** B's lists, with every hint that it would rather be A. */
  asA: readonly Exchange[];
  /** B's list in every documented way, while A owns objects that each of them would show. */
  filtered: readonly Exchange[];
  /** B creates an object that claims to be A's, and gives away another; A's list afterwards. */
  forged: { canary: Canary; listA: Exchange };
  given: { canary: Canary; updated: Exchange } | undefined;
  anonymousRead: Exchange;
  anonymousUnknown: Exchange;
  interleaved: readonly { actor: 'tenant A' | 'tenant B'; exchange: Exchange }[];
  /** Ten creations of both at once, and both lists afterwards. */
  writes: { canaries: readonly Canary[]; listA: Exchange; listB: Exchange };
  /** A's user id, where its token tells. */
  userIdOfA: string | undefined;
  /** Property that would name the owner. */
  ownerProperty: string;
};

export async function probeLists(kit: Kit): Promise<ListsEvidence> {
  const { list, read, onItem, queries, variants, ownerProperty: owner, unknownId, search = 'search' } = kit.contract.resource;
  const update = onItem.find(({ method, sample }) => method !== 'DELETE' && sample !== undefined);
  const [ofA, ofB, mine, changed] = await Promise.all([
    kit.objects.create('tenant A', "A's object for the lists"),
    kit.objects.create('tenant B', "B's object for the lists"),
    kit.objects.create('tenant B', "B's second object for the lists"),
    kit.objects.create('tenant A', "A's object of another state"),
    ...variants.map((fields) => kit.objects.create('tenant A', "A's object for a filter", { fields })),
  ]);
  const { [kit.contract.resource.textProperty]: _text, ...state } = { ...(update?.sample as Record<string, unknown> | undefined) };
  if (update)
    await kit.wire.send({ actor: 'tenant A', purpose: 'change of state', method: update.method, path: pathOfItem(update, changed.id), body: state });
  const { exchange: listA } = await kit.objects.findMarked('tenant A');
  const { exchange: listB } = await kit.objects.findMarked('tenant B');
  const userIdOfA = kit.credentials.subjectOf('tenant A');
  const id = userIdOfA ?? 'somebody-else';
  const asB = (purpose: string, query: string, headers?: readonly (readonly [string, string])[]): Promise<Exchange> =>
    kit.wire.send({ actor: 'tenant B', purpose, path: `${list.path}${query}`, ...(headers && { headers }) });
  const asA = await Promise.all([
    asB('the owner in the query', `?${owner}=${id}`),
    asB('the owner as a list in the query', `?${owner}[]=${id}`),
    asB('the owner twice in the query', `?${owner}=${id}&${owner}=${id}`),
    asB('X-User-ID', '', [['X-User-ID', id]]),
    asB("search for A's text", `?${search}=${ofA.text}`),
    asB('sorted the other way', '?sort_by=title&sort_order=asc'),
  ]);
  const filtered = await Promise.all(queries.map((query) => asB('as documented', `?${query}`)));
  const given = update && {
    canary: mine,
    updated: await kit.wire.send({
      actor: 'tenant B',
      purpose: "B's object given to A",
      method: update.method,
      path: pathOfItem(update, mine.id),
      body: { ...state, [owner]: id },
    }),
  };
  const forged = await kit.objects.tryToCreate('tenant B', "B's object that claims to be A's", { fields: { [owner]: id } });
  const { exchange: listAfter } = await kit.objects.findMarked('tenant A');
  const anonymous = (purpose: string, item: string): Promise<Exchange> =>
    kit.wire.send({ actor: 'anonymous', purpose, path: pathOfItem(read, item) });
  const [anonymousRead, anonymousUnknown] = await Promise.all([
    anonymous("nobody reads A's object", ofA.id),
    anonymous('nobody reads what never existed', unknownId),
  ]);
  const interleaved = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const actor = index % 2 === 0 ? ('tenant A' as const) : ('tenant B' as const);
      return { actor, exchange: await kit.objects.read(actor, actor === 'tenant A' ? ofA.id : ofB.id, 'one of twenty at once') };
    }),
  );
  const canaries = await Promise.all(
    Array.from({ length: 10 }, (_, index) => kit.objects.create(index % 2 === 0 ? 'tenant A' : 'tenant B', 'one of ten creations at once')),
  );
  const [afterA, afterB] = await Promise.all([kit.objects.findMarked('tenant A'), kit.objects.findMarked('tenant B')]);
  const writes = { canaries, listA: afterA.exchange, listB: afterB.exchange };
  return {
    ofA,
    ofB,
    listA,
    listB,
    asA,
    filtered,
    given,
    forged: { canary: forged, listA: listAfter },
    anonymousRead,
    anonymousUnknown,
    interleaved,
    writes,
    userIdOfA,
    ownerProperty: owner,
  };
}

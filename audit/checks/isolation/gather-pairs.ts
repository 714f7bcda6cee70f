import { pathOfCaller } from '../../contract/caller-path.ts';
import type { Operation, Resource } from '../../contract/operations.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { HttpRequest } from '../../gather/http-client.ts';
import type { Canary, Victim } from '../../gather/tenants.ts';
import type { Actor, Exchange } from '../../model/exchange.ts';
import { type Cell, isTried } from '../../model/matrix.ts';
import { createAndDelete } from './gather.ts';
import { differencesBetween, differencesIn, type Pair } from './pair.ts';

/** Of one collection: the requests of another tenant for an object of A, and what A reads afterwards. */
export type PairsOf = { collection: string; victim: Victim; ownerAfter: Exchange; cells: readonly PairCell[] };

/** A request for A's object, with its twin. A usual rejection has no twin where requests are to be few. */
export type PairCell = Cell<{ foreign: Exchange; pair?: Pair }>;

/** Where a class is tried: an operation on an object. `index` counts the operations of all collections. */
export type Place = { operation: Operation; resource: Resource; victim: Victim; own: Canary; index: number };

/** A request with an id. */
export type Odd = { path: (id: string) => string; purpose: string } & Pick<HttpRequest, 'step' | 'method' | 'headers' | 'body'>;

/** The requests of a class for an operation; a text where the class has no meaning for it. */
export type OddClass = { name: string; requests: (place: Place) => readonly Odd[] | string };

/** The classes; whether a usual rejection needs no twin; whether all are sent by B, because they name an object of B. */
type Attack = { classes: readonly OddClass[]; isSparing?: boolean; byOne?: boolean };

const COULD_HARM = 'the request could change an object that this run did not create';
const USUAL_REJECTIONS = [400, 404, 422];

/** Tries each class on each operation of each collection. */
export function gatherPairs(context: GatherContext, attack: Attack): Promise<PairsOf[]> {
  return Promise.all(context.collections().map((resource) => context.withOwnTenants(resource.name, () => gatherPairsOf(context, resource, attack))));
}

async function gatherPairsOf(context: GatherContext, resource: Resource, attack: Attack): Promise<PairsOf> {
  const { resources } = context.contract;
  const objects = context.objectsOf(resource);
  const readUnknown = (): Promise<Exchange> => objects.read('tenant B', resource.unknownId, 'one of two identical requests');
  const [victim, own, deleted, one, other] = await Promise.all([
    objects.createVictim('tenant A', 'object that other tenants request in unusual ways'),
    objects.create('tenant B', "B's own object"),
    createAndDelete(context, resource),
    readUnknown(),
    readUnknown(),
  ]);
  // Such as the remaining requests: they show nothing about the object.
  const varying = differencesBetween(one, other);
  const before = resources.slice(0, resources.indexOf(resource)).reduce((sum, { onItem }) => sum + onItem.length, 0);
  const planned = resource.onItem.flatMap((operation, index) => {
    const unknownId = operation.method === 'GET' ? resource.unknownId : deleted;
    return planFor(context, { operation, resource, victim, own, index: before + index }, { ...attack, unknownId });
  });
  const cells = await Promise.all(
    context.select(planned, resource).map(async (cell) => (isTried(cell) ? tried(cell, attack, varying) : withoutRequest(cell))),
  );
  const ownerAfter = await objects.read('tenant A', victim.id, 'the owner reads it after the attempts');
  return { collection: resource.name, victim, ownerAfter, cells };
}

type Planned = Cell<{ send: (ofA: boolean) => Promise<Exchange> }>;

function planFor(context: GatherContext, place: Place, { classes, byOne = false, unknownId }: Attack & { unknownId: string | undefined }): Planned[] {
  const { operation, victim } = place;
  return classes.flatMap(({ name, requests: requestsFor }, row): Planned[] => {
    const cell = { row: name, column: operation.id };
    const actor: Actor = !byOne && context.credentials.mints && row % 2 === 1 ? 'limited tenant' : 'tenant B';
    const requests = requestsFor(place);
    if (typeof requests === 'string') return [{ ...cell, excluded: requests }];
    if (unknownId === undefined) return [{ ...cell, excluded: 'the contract has no deletion, so no id is known to have no object' }];
    return requests.map(({ path, purpose, step, method = operation.method, headers, body }): Planned => {
      const isHarmless = [victim.id, unknownId].every((id) => objectionTo(context, { method, path: path(id), body }) === undefined);
      if (!isHarmless) return { ...cell, excluded: COULD_HARM };
      const send = (ofA: boolean): Promise<Exchange> =>
        context.http.send({
          actor,
          purpose: `${purpose}, ${ofA ? "another tenant's object" : 'an object that does not exist'}`,
          method,
          path: path(ofA ? victim.id : unknownId),
          ...(step && { step }),
          ...(headers && { headers }),
          ...(body !== undefined && { body }),
        });
      return { ...cell, send };
    });
  });
}

async function tried(
  { row, column, send }: { row: string; column: string; send: (ofA: boolean) => Promise<Exchange> },
  { isSparing = false }: Attack,
  varying: readonly string[],
): Promise<PairCell> {
  const both = async (sent?: Exchange): Promise<{ foreign: Exchange; unknown: Exchange }> => {
    const [foreign, unknown] = await Promise.all([sent ?? send(true), send(false)]);
    return { foreign, unknown };
  };
  const foreign = isSparing ? await send(true) : undefined;
  if (foreign !== undefined && USUAL_REJECTIONS.includes(foreign.response?.status ?? 0)) return { row, column, foreign };
  const first = await both(foreign);
  const pair = differencesIn(first).every((name) => varying.includes(name)) ? first : { ...first, again: await both() };
  return { row, column, foreign: first.foreign, pair };
}

function withoutRequest(cell: Exclude<Cell<object>, object & { send: unknown }>): PairCell {
  const { row, column } = cell;
  if ('excluded' in cell) return { row, column, excluded: cell.excluded };
  return { row, column, omitted: 'omitted' in cell ? cell.omitted : '' };
}

/** Why the rule on writes forbids the request. */
export function objectionTo(
  { writes, credentials }: GatherContext,
  { method, path, body }: { method: string; path: string; body?: unknown },
): string | undefined {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const sent = pathOfCaller(path, () => credentials.subjectOf('tenant B'));
  return writes.objectionTo({ method, path: sent, ...(text !== undefined && { body: text }) });
}

import { setTimeout as sleep } from 'node:timers/promises';
import { operationsOf, type Resource } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { Canary } from '../../gather/tenants.ts';
import type { Exchange } from '../../model/exchange.ts';
import { type Cell, isTried } from '../../model/matrix.ts';
import { createAndDelete } from '../isolation/gather.ts';
import { objectionTo } from '../isolation/gather-pairs.ts';
import { type CountedClass, OUTCOMES, type Place, VALUES } from './counted-requests.ts';
import { selectCells } from '../../model/selection.ts';
import { wellWithinWindow } from './gather.ts';

/** Requests of one tenant on the operations of one collection, between plain ones. */
export type CountingOf = {
  collection: string;
  before: Exchange;
  cells: readonly Cell<{ exchange: Exchange }>[];
  after: Exchange;
  /** After a pause. */
  later: Exchange;
};

/** Long enough for a bucket that refills with each second. */
const PAUSE_MS = 2_200;
const COULD_HARM = 'the request could change an object that this run did not create';
const MOST_REQUESTS = 80;
const ONE_READ_AND_WRITE = 'each class is sent with one read and one write of each collection';

type Planned = Cell<{ send: () => Promise<Exchange> }>;

/** @param isSpread one read and one write of each collection for each class, and not all operations */
const evidenceOf = (name: string, classes: readonly CountedClass[], isSpread: boolean): Evidence<CountingOf[]> => ({
  name,
  isMatrix: true,
  pauses: true,
  requests: [0, 34],
  area: 'limits',
  gather: (context) =>
    Promise.all(
      context.collections().map((resource) => context.withOwnTenants(resource.name, () => gatherCounting(context, resource, classes, isSpread))),
    ),
});

export const countedOutcomesEvidence = evidenceOf('counted-outcomes', OUTCOMES, false);
export const countedValuesEvidence = evidenceOf('counted-values', VALUES, true);

/** Each class with one read and one write of the collection, and each operation once. */
function spread({ contract }: GatherContext, cells: readonly Planned[], resource: Resource): Planned[] {
  const reads = new Set(operationsOf(resource).flatMap(({ id, method }) => (method === 'GET' ? [id] : [])));
  return [true, false].flatMap((isRead) => {
    const kind = cells.filter(({ column }) => reads.has(column) === isRead);
    return selectCells(kind, contract.resources.indexOf(resource), ONE_READ_AND_WRITE);
  });
}

async function gatherCounting(context: GatherContext, resource: Resource, classes: readonly CountedClass[], isSpread: boolean): Promise<CountingOf> {
  const send = (purpose: string): Promise<Exchange> => context.http.send({ actor: 'tenant B', purpose, path: resource.list.path });
  const deleted = await createAndDelete(context, resource);
  let object: Promise<Canary> | undefined;
  const own = async (): Promise<string> => (await (object ??= context.objectsOf(resource).create('tenant B', "B's own object"))).id;
  const planned = (
    await Promise.all(
      classes.flatMap(({ name, request }) =>
        operationsOf(resource).map(async (operation, index): Promise<Planned> => {
          const place: Place = { operation, resource, own, deleted, index };
          const cell = { row: name, column: operation.id };
          const made = await request(place, context);
          if (typeof made === 'string') return { ...cell, excluded: made };
          const { method = 'GET', path = '', body } = made;
          if (objectionTo(context, { method, path, body }) !== undefined) return { ...cell, excluded: COULD_HARM };
          return { ...cell, send: () => context.http.send({ actor: 'tenant B', purpose: name, ...made, path }) };
        }),
      ),
    )
  ).flat();
  const chosen = context.select(isSpread ? spread(context, planned, resource) : planned, resource);
  const before = await wellWithinWindow(context, Math.min(chosen.filter(isTried).length, MOST_REQUESTS) + 3, () => send('a plain request'));
  const cells = await Promise.all(
    chosen.map(async (cell): Promise<CountingOf['cells'][number]> => {
      if (!isTried(cell)) return cell;
      return { row: cell.row, column: cell.column, exchange: await cell.send() };
    }),
  );
  const after = await send('another plain request');
  await sleep(PAUSE_MS, undefined, { signal: context.ending }).catch(() => {});
  return { collection: resource.name, before, cells, after, later: await send('a plain request after a pause') };
}

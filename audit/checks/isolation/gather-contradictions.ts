import { type Operation, pathOfItem, type Resource } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { HttpRequest } from '../../gather/http-client.ts';
import { jsonIdOf } from '../../gather/object-ids.ts';
import { bodyOf, type Victim } from '../../gather/tenants.ts';
import type { Exchange } from '../../model/exchange.ts';
import { type Cell, isTried } from '../../model/matrix.ts';
import { type Claim, type Contradiction, CONTRADICTIONS } from './contradictions.ts';
import { objectionTo } from './gather-pairs.ts';
import { type Owned, type Shape, shapeOf } from './own-objects.ts';

/** Of one collection: requests of B whose query, body or headers name A or A's object, and what the owners read afterwards. */
export type ContradictionsOf = {
  collection: string;
  shape: Shape;
  victim: Victim;
  owned: Owned;
  cells: readonly Cell<{ attempts: readonly Exchange[] }>[];
  ownerAfter: Exchange;
  /** A's list afterwards, and the text of B's objects. */
  listA: Exchange;
  textsOfB: readonly string[];
};

export const contradictionsEvidence: Evidence<ContradictionsOf[]> = {
  name: 'contradictions',
  isMatrix: true,
  requests: [12, 36],
  area: 'isolation',
  gather: gatherContradictions,
};

const COULD_HARM = 'the request could change an object that this run did not create';

function gatherContradictions(context: GatherContext): Promise<ContradictionsOf[]> {
  return Promise.all(context.collections().map((resource) => context.withOwnTenants(resource.name, () => gatherOf(context, resource))));
}

async function gatherOf(context: GatherContext, resource: Resource): Promise<ContradictionsOf> {
  const objects = context.objectsOf(resource);
  const [victim, own] = await Promise.all([
    objects.createVictim('tenant A', 'object that another tenant names in queries, bodies and headers'),
    objects.create('tenant B', "B's own object"),
  ]);
  const created = [own];
  const claim: Claim = {
    id: victim.id,
    jsonId: jsonIdOf(victim.created.response?.body, resource.idProperty) ?? victim.id,
    owner: context.credentials.subjectOf('tenant A') ?? 'another-user',
    resource,
  };
  /** A deletion takes an object of its own. */
  const objectFor = async ({ method }: Operation): Promise<string> => {
    if (method !== 'DELETE') return own.id;
    const fresh = await objects.create('tenant B', "B's object to delete");
    created.push(fresh);
    return fresh.id;
  };
  const places = [
    ...resource.onItem.map((operation) => ({ operation, place: 'item' as const })),
    ...[resource.list, ...resource.lookups.map(({ operation }) => operation)].map((operation) => ({ operation, place: 'list' as const })),
  ];
  const planned = CONTRADICTIONS.flatMap((contradiction) =>
    places.map(({ operation, place }): Cell<{ contradiction: Contradiction; operation: Operation }> => {
      const cell = { row: contradiction.name, column: operation.id };
      const excluded = contradiction.fits(operation, place);
      return excluded === undefined ? { ...cell, contradiction, operation } : { ...cell, excluded };
    }),
  );
  const cells = await Promise.all(
    context.select(planned, resource).map(async (cell): Promise<ContradictionsOf['cells'][number]> => {
      if (!isTried(cell)) return cell;
      const { row, column, contradiction, operation } = cell;
      const isOfA = contradiction.names === 'object of A';
      const path = resource.onItem.includes(operation) ? pathOfItem(operation, isOfA ? victim.id : await objectFor(operation)) : operation.path;
      if (objectionTo(context, { method: operation.method, path }) !== undefined) return { row, column, excluded: COULD_HARM };
      return {
        row,
        column,
        attempts: await attempt(context, { operation, resource, path, ...(!isOfA && { text: own.text }) }, contradiction, claim),
      };
    }),
  );
  const [ownerAfter, { exchange: listA }, { exchange: listB, ids }] = await Promise.all([
    objects.read('tenant A', victim.id, 'the owner reads it after the attempts'),
    objects.findMarked('tenant A'),
    objects.findMarked('tenant B'),
  ]);
  const isComplete = listB.response?.status === 200 && (ids?.length ?? 0) < (resource.pageSize?.most ?? Infinity);
  const owned = isComplete ? [...(ids ?? []), ...created.map(({ id }) => id)] : undefined;
  return {
    collection: resource.name,
    shape: shapeOf(resource),
    victim,
    owned: { ids: owned, theirs: [victim.text] },
    cells,
    ownerAfter,
    listA,
    textsOfB: created.map(({ text }) => text),
  };
}

/** All names of the class in one request, and one by one where the API rejects that. */
async function attempt(
  { http }: GatherContext,
  { operation, resource, path, text }: { operation: Operation; resource: Resource; path: string; text?: string },
  { name, in: position, values: valuesFor }: Contradiction,
  claim: Claim,
): Promise<Exchange[]> {
  const values = valuesFor(claim);
  const send = (sent: typeof values): Promise<Exchange> => http.send({ actor: 'tenant B', purpose: name, ...requestWith(sent) });
  const requestWith = (sent: typeof values): Pick<HttpRequest, 'method' | 'path' | 'headers' | 'body'> => {
    const { method } = operation;
    const { body } = bodyOf(operation, resource, text);
    const query = sent.map(([each, value]) => `${encodeURIComponent(each)}=${encodeURIComponent(String(value))}`).join('&');
    if (position === 'query') return { method, path: `${path}?${query}`, ...(body !== undefined && { body }) };
    if (position === 'headers')
      return { method, path, headers: sent.map(([each, value]) => [each, String(value)]), ...(body !== undefined && { body }) };
    return { method, path, body: { ...(body as object), ...Object.fromEntries(sent) } };
  };
  const together = await send(values);
  if (![400, 422].includes(together.response?.status ?? 0)) return [together];
  return [together, ...(await Promise.all(values.map((value) => send([value]))))];
}

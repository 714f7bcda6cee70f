import { type Operation, type Reference, type Resource, updateOf } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { type Canary, newCanaryText } from '../../gather/tenants.ts';

/** B writes an object that refers to an object of another collection: its own, one of A, and one that never existed. */
export type ReferencesEvidence = {
  name: string;
  /** The objects that are referred to. */
  ofA: Canary;
  ofB: Canary;
  own: Exchange;
  /** A's object that refers to A's own. */
  ofAToOwn: Exchange;
  /** By creation and by update. */
  attempts: readonly { foreign: Exchange; unknown: Exchange }[];
  /** B's object and list after the updates, and B's lists filtered by A's object. */
  after: Exchange;
  list: Exchange;
  filtered: readonly Exchange[];
}[];

export const referencesEvidence: Evidence<ReferencesEvidence> = { name: 'references', area: 'isolation', gather: gatherReferences };

export async function gatherReferences(context: GatherContext): Promise<ReferencesEvidence> {
  const { resources } = context.contract;
  const found = resources.flatMap((resource) =>
    resource.references.flatMap((reference) => {
      const to = resources.find(({ name }) => name === reference.to);
      const gatherNow = to && (() => gatherReference(context, resource, reference, to));
      return gatherNow === undefined ? [] : [context.withOwnTenants(`${resource.name}-${reference.property}`, gatherNow)];
    }),
  );
  return Promise.all(found);
}

async function gatherReference(context: GatherContext, resource: Resource, reference: Reference, to: Resource): Promise<ReferencesEvidence[number]> {
  const [ofA, ofB] = await Promise.all([
    context.objectsOf(to).create('tenant A', "A's object that B refers to"),
    context.objectsOf(to).create('tenant B', "B's own object to refer to"),
  ]);
  const referring = (id: string): Record<string, unknown> => {
    const value = /^\d+$/.test(id) && /^\d+$/.test(to.unknownId) ? Number(id) : id;
    return { [reference.property]: reference.isList ? [value] : value };
  };
  const objects = context.objectsOf(resource);
  const mine = await objects.create('tenant B', 'an object that refers to its own', { fields: referring(ofB.id) });
  const ofAToOwn = await objects.create('tenant A', "A's object that refers to its own", { fields: referring(ofA.id) });
  // The response to a creation may have fewer fields.
  const shown = async ({ actor, id, created }: Canary, text: string): Promise<Exchange> =>
    created.response?.body.includes(text) === true ? created : objects.read(actor, id, 'the object that refers to its own');
  const update = updateOf(resource);
  const attempt = async (send: (id: string, purpose: string) => Promise<Exchange>): Promise<ReferencesEvidence[number]['attempts'][number]> => ({
    foreign: await send(ofA.id, "refers to A's object"),
    unknown: await send(to.unknownId, 'refers to an object that never existed'),
  });
  const create = async (id: string, purpose: string): Promise<Exchange> =>
    (await objects.tryToCreate('tenant B', purpose, { fields: referring(id) })).created;
  const change =
    (operation: Operation) =>
    (id: string, purpose: string): Promise<Exchange> =>
      objects.execute('tenant B', operation, mine.id, { purpose, fields: { [resource.textProperty]: newCanaryText(), ...referring(id) } });
  // At least twice, to distinguish an API that always fails from one that failed once.
  const attempts = [await attempt(create), await attempt(update === undefined ? create : change(update))];
  const after = await objects.read('tenant B', mine.id, 'its own object after the attempts');
  const { exchange: list } = await objects.findMarked('tenant B');
  const filtered = await Promise.all(
    reference.parameters.map((name) =>
      context.http.send({
        actor: 'tenant B',
        purpose: `filtered by A's object of ${to.name}`,
        path: `${resource.list.path}?${name}=${encodeURIComponent(ofA.id)}`,
      }),
    ),
  );
  return {
    name: `${resource.name} that refer to ${to.name}`,
    ofA,
    ofB,
    own: await shown(mine, ofB.text),
    ofAToOwn: await shown(ofAToOwn, ofA.text),
    attempts,
    after,
    list,
    filtered,
  };
}

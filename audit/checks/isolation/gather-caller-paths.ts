import { pathOfCaller } from '../../contract/caller-path.ts';
import { type Operation, pathOfItem, type Resource } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { bodyOf, type Canary, newCanaryText, type Victim } from '../../gather/tenants.ts';
import type { Exchange } from '../../model/exchange.ts';

/** For each collection whose path names its user: what another tenant gets at the path of the owner. */
export type CallerPathsEvidence = readonly CallerPath[];

export type CallerPath = {
  collection: string;
  victim: Victim;
  /** Each operation on the object; a read also of an object that never existed. */
  attempts: readonly { operation: Operation; exchange: Exchange; unknown?: Exchange }[];
  list: Exchange;
  /** A creation, and its text. */
  planted: { text: string; created: Exchange };
  ownerAfter: Exchange;
  listAfter: Exchange;
};

export const callerPathsEvidence: Evidence<CallerPathsEvidence> = {
  name: 'caller-paths',
  requests: [10, 10],
  area: 'isolation',
  gather: gatherCallerPaths,
};

async function gatherCallerPaths(context: GatherContext): Promise<CallerPathsEvidence> {
  const found: CallerPath[] = [];
  for (const resource of context.contract.resources.filter(namesUser)) found.push(await gatherAtPathOfA(context, resource));
  return found;
}

function namesUser({ create }: Resource): boolean {
  return create.caller !== undefined;
}

async function gatherAtPathOfA(context: GatherContext, resource: Resource): Promise<CallerPath> {
  const { createVictim, findMarked, read } = context.objectsOf(resource);
  const victim = await createVictim('tenant A', 'object that another tenant requests at the path of its owner');
  const send = (operation: Operation, purpose: string, id = victim.id, body = bodyOf(operation, resource)): Promise<Exchange> => {
    const path = pathOfCaller(pathOfItem(operation, id), () => context.credentials.subjectOf('tenant A'));
    return context.http.send({ actor: 'tenant B', purpose, method: operation.method, path, ...body });
  };
  const attempts = await Promise.all(
    resource.onItem.map(async (operation) => ({
      operation,
      exchange: await send(operation, "another tenant's object at the path of its owner"),
      ...(operation.method === 'GET' && { unknown: await send(operation, 'an object that never existed, at the path of A', resource.unknownId) }),
    })),
  );
  const list = await send(resource.list, "another tenant's list at the path of its owner");
  const planted = newObject(resource);
  const created = await send(resource.create, "a creation at another tenant's path", undefined, { body: planted.body });
  const ownerAfter = await read('tenant A', victim.id, 'the owner reads it after the attempts');
  const { exchange: listAfter } = await findMarked('tenant A');
  return { collection: resource.name, victim, attempts, list, planted: { text: planted.text, created }, ownerAfter, listAfter };
}

function newObject({ create, textProperty }: Resource): { text: string; body: object } {
  const text = newCanaryText();
  return { text, body: { ...(create.sample as object), [textProperty]: text } };
}

/**
 * The objects of A whose ids name no object of another tenant at its own path: ids may count for each user, and a write must not reach an
 * object that this run did not create.
 */
export async function withoutTwins(context: GatherContext, resource: Resource, victims: readonly Canary[]): Promise<readonly Canary[]> {
  if (!namesUser(resource)) return victims;
  const others = context.credentials.mints ? (['tenant B', 'limited tenant'] as const) : (['tenant B'] as const);
  const { read } = context.objectsOf(resource);
  const safe = await Promise.all(
    victims.map(async ({ id, text }) => {
      const reads = await Promise.all(others.map((actor) => read(actor, id, "whether the id of A's object is also one of its own")));
      return reads.every(({ response }) => [403, 404].includes(response?.status ?? 0) || response?.body.includes(text) === true);
    }),
  );
  return victims.filter((_, index) => safe[index] === true);
}

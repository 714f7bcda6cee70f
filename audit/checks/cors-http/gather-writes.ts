import { placeOf } from '../../contract/contract.ts';
import { type Operation, type Resource, pathOfItem } from '../../contract/operations.ts';
import type { GatherContext } from '../../gather/context.ts';
import { bodyOf, newCanaryText, type Victim } from '../../gather/tenants.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Cell } from '../../model/matrix.ts';
import { GIVEN_TOKENS } from '../../model/selection.ts';
import { FOREIGN_ORIGIN } from '../lookalike-origins.ts';
import { mediaTypeClasses, type SimpleBody } from './media-types.ts';
import { preflight, protectedOperations } from './preflight.ts';

export type RejectedWrites = {
  /**
   * Each protected operation with the owner's token and a disallowed origin, and its preflight. Without `exchange` it was tried
   * by preflight only: it writes to something that this run did not create.
   */
  everyOperation: readonly { operation: string; endpoint: string; exchange?: Exchange; preflight: Exchange }[];
  /** Creations without an origin whose bodies a page can send without a preflight. */
  simpleWrites: readonly Cell<{ exchange: Exchange }>[];
  /** Creations from a disallowed origin at the path in upper case. */
  inUpperCase: readonly Exchange[];
  /** Creations with the owner's token and a disallowed origin, in each content type of a form. */
  creations: readonly Exchange[];
  /** For each collection the attacked object, and what its owner reads afterwards. */
  victims: readonly { name: string; victim: Victim; after: Exchange; listAfter: Exchange }[];
  /** The text that every rejected write contains. */
  rejectedText: string;
};

/** Writes that must not be executed, and what the owner of each collection reads afterwards. */
export async function gatherWrites(context: GatherContext): Promise<RejectedWrites> {
  const text = newCanaryText();
  const { resources } = context.contract;
  const found = await Promise.all(resources.map((resource) => context.withOwnTenants(resource.name, () => gatherWritesIn(context, resource, text))));
  return {
    everyOperation: found.flatMap(({ everyOperation }) => everyOperation),
    creations: found.flatMap(({ creations }) => creations),
    inUpperCase: found.map(({ inUpperCase }) => inUpperCase),
    simpleWrites: found.flatMap(({ simpleWrites }) => simpleWrites),
    victims: found.map(({ written }) => written),
    rejectedText: text,
  };
}

type InCollection = {
  everyOperation: RejectedWrites['everyOperation'];
  creations: readonly Exchange[];
  inUpperCase: Exchange;
  simpleWrites: RejectedWrites['simpleWrites'];
  written: RejectedWrites['victims'][number];
};

/** With the main collection also the operations outside of every collection. */
async function gatherWritesIn(context: GatherContext, resource: Resource, text: string): Promise<InCollection> {
  const { contract } = context;
  const { createVictim, read, findMarked } = context.objectsOf(resource);
  const victim = await createVictim('tenant A', `object of ${resource.name} for raw requests from a disallowed origin`);
  const isHere = (operation: Operation): boolean => (placeOf(contract, operation)?.resource ?? contract.resource) === resource;
  const [everyOperation, creations, inUpperCase, simpleWrites] = await Promise.all([
    Promise.all(protectedOperations(context).flatMap((operation) => (isHere(operation) ? [tryOperation(context, operation, victim, text)] : []))),
    Promise.all(createAsForms(context, resource, text)),
    createInUpperCase(context, resource, text),
    Promise.all(createWithSimpleBodies(context, resource, text)),
  ]);
  const after = await read('tenant A', victim.id, 'the owner reads it after the rejected writes');
  const { exchange: listAfter } = await findMarked('tenant A');
  return { everyOperation, creations, inUpperCase, simpleWrites, written: { name: resource.name, victim, after, listAfter } };
}

/** A write to something that this run did not create is tried by preflight only. */
async function tryOperation(
  context: GatherContext,
  operation: Operation,
  victim: Victim,
  text: string,
): Promise<RejectedWrites['everyOperation'][number]> {
  const { contract, http } = context;
  const place = placeOf(contract, operation);
  const id = place?.resource === undefined ? contract.resource.unknownId : victim.id;
  const path = place === undefined ? operation.path : pathOfItem(operation, id);
  const purpose = `${operation.id} from a disallowed origin`;
  const send = (): Promise<Exchange> =>
    http.send({
      actor: 'tenant A',
      purpose,
      method: operation.method,
      path,
      headers: [['Origin', FOREIGN_ORIGIN]],
      ...bodyOf(operation, place?.resource ?? contract.resource, text),
    });
  const [exchange, preflightResponse] = await Promise.all([
    place && send(),
    preflight(context, `preflight for ${purpose}`, { origin: FOREIGN_ORIGIN, method: operation.method, path }),
  ]);
  return { operation: operation.id, endpoint: `${operation.method} ${operation.path}`, ...(exchange && { exchange }), preflight: preflightResponse };
}

/** Besides JSON the content types that a browser sends without a preflight. */
function createAsForms({ http }: GatherContext, resource: Resource, text: string): Promise<Exchange>[] {
  const body = JSON.stringify(valuesFor(resource, text));
  const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded'];
  return types.map((type) => post(http, resource, `POST as ${type} from a disallowed origin`, { type, body, origin: FOREIGN_ORIGIN }));
}

function createInUpperCase({ http }: GatherContext, resource: Resource, text: string): Promise<Exchange> {
  const path = resource.create.path.toUpperCase();
  const body = JSON.stringify(valuesFor(resource, text));
  return post(http, resource, 'POST in upper case from a disallowed origin', { type: 'application/json', body, path, origin: FOREIGN_ORIGIN });
}

/** If a body parser accepts these, any page can write to the API as soon as the allowlist has one wrong entry. */
function createWithSimpleBodies(context: GatherContext, resource: Resource, text: string): Promise<RejectedWrites['simpleWrites'][number]>[] {
  const { contract, credentials, http, policies } = context;
  const isMain = resource === contract.resource;
  return mediaTypeClasses.map(async ({ name, encode }, row) => {
    const place = { row: name, column: `POST ${resource.create.path}` };
    if (!isMain && !credentials.mints && row % 2 === 1) return { ...place, omitted: GIVEN_TOKENS };
    if (!isMain && !policies.has('other-origins-rejected')) return { ...place, omitted: 'an API without the policy may create an object each time' };
    return { ...place, exchange: await post(http, resource, name, encode(valuesFor(resource, text))) };
  });
}

function valuesFor({ create, textProperty }: Resource, text: string): Readonly<Record<string, unknown>> {
  return { ...(create.sample as object), [textProperty]: text };
}

/** A creation with the owner's token. */
function post(
  http: GatherContext['http'],
  { create }: Resource,
  purpose: string,
  { type, body, path = create.path, origin }: SimpleBody & { path?: string; origin?: string },
): Promise<Exchange> {
  const headers = [...(origin === undefined ? [] : [['Origin', origin] as const]), ...(type === undefined ? [] : [['Content-Type', type] as const])];
  return http.send({ actor: 'tenant A', purpose, method: 'POST', path, headers, body, untyped: type === undefined });
}

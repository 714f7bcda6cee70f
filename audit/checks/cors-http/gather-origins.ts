import { placeOf } from '../../contract/contract.ts';
import { deletionOf, type Operation, operationsOf, pathOfItem, type Resource } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import { type Cell, takeTurns } from '../../model/matrix.ts';
import { GIVEN_TOKENS } from '../../model/selection.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { bodyOf, newCanaryText, type Victim } from '../../gather/tenants.ts';
import { type OriginFamily, originFamilies, type OriginHeaders, type Sender, senderOf } from './origin-families.ts';

/** A request of a disallowed origin, unless it would write to something that this run did not create, and the preflight of one. */
type Tried = { request?: FromOrigin; preflight?: FromOrigin };
export type FromOrigin = { sender: Sender; origin: OriginHeaders; exchange: Exchange };
export type OriginCell = Cell<Tried>;

export type OriginsEvidence = {
  allowed: readonly string[];
  apiOrigin: string;
  cells: readonly OriginCell[];
  /** The same by an allowed origin: of reads and preflights between those of disallowed origins and after them, of writes at the end. */
  twins: readonly { column: string; requested: string; origin: string; exchange: Exchange }[];
  /** The objects of the requests, and what their owner reads after them. */
  victims: readonly { victim: Victim; after: Exchange; listAfter: Exchange }[];
  /** The text that every rejected write contains. */
  rejectedText: string;
};

export const originsEvidence: Evidence<OriginsEvidence> = {
  name: 'origins-everywhere',
  isMatrix: true,
  requests: [95, 6],
  area: 'cors-http',
  gather: gatherOrigins,
};

/** An operation with the path, the body and the tenant of its requests. */
type Column = {
  name: string;
  method: string;
  path: string;
  actor: 'tenant A' | 'tenant B';
  body?: unknown;
  isRead: boolean;
  /** Whether pages need it, so that a request of the app must be allowed. */
  isOfApp: boolean;
  /** Why it is tried by preflight only. */
  objection: string | undefined;
};

/** Every operation of the contract, and a path that does not exist, by origins of every family. */
export async function gatherOrigins(context: GatherContext): Promise<OriginsEvidence> {
  const { config, credentials, target } = context;
  const allowed = [target.appOrigin, ...config.origins] as const;
  const families = originFamilies(allowed, target.apiUrl);
  const attacked = await Promise.all(context.collections().map((resource) => createVictims(context, resource)));
  const rejectedText = newCanaryText();
  const columns = columnsOf(context, attacked, rejectedText);
  const met = await Promise.all(
    columns.map((column, index) => meet(context, column, { index, families, allowed: takeTurns(allowed, index), isWhole: credentials.mints })),
  );
  const victims = await Promise.all(
    attacked.flatMap(({ resource, all }) =>
      all.map(async (victim) => ({
        victim,
        after: await context.objectsOf(resource).read('tenant A', victim.id, 'the owner reads it after the requests of disallowed origins'),
        listAfter: (await context.objectsOf(resource).findMarked('tenant A')).exchange,
      })),
    ),
  );
  const writes = columns.filter(({ isRead, isOfApp, objection }) => !isRead && isOfApp && objection === undefined);
  const ofWrites = await Promise.all(writes.map((column) => sendAllowed(context, column, column.method, target.appOrigin)));
  return {
    allowed,
    apiOrigin: new URL(target.apiUrl).origin,
    cells: met.flatMap(({ cells }) => cells),
    twins: [...met.flatMap(({ twins }) => twins), ...ofWrites],
    victims,
    rejectedText,
  };
}

type Attacked = { resource: Resource; all: readonly Victim[]; toRead: Victim; toDelete: Victim };

/** The object of the deletion is another one, so that the other operations find theirs. */
async function createVictims(context: GatherContext, resource: Resource): Promise<Attacked> {
  const create = (purpose: string): Promise<Victim> => context.objectsOf(resource).createVictim('tenant A', purpose);
  const toRead = await create('object for disallowed origins');
  if (deletionOf(resource) === undefined) return { resource, all: [toRead], toRead, toDelete: toRead };
  const toDelete = await create('object for deletions by disallowed origins');
  return { resource, all: [toRead, toDelete], toRead, toDelete };
}

function columnsOf(context: GatherContext, attacked: readonly Attacked[], text: string): Column[] {
  const { contract } = context;
  const left = contract.resources.filter((resource) => !attacked.some((each) => each.resource === resource));
  const known = contract.operations
    .filter((operation) => !left.some((resource) => operationsOf(resource).includes(operation)))
    .map((operation) => columnOf(context, operation, attacked, text));
  const unknown = `${contract.resource.list.path}-${text.slice(-8)}`;
  const nowhere = {
    name: 'an unknown path',
    method: 'GET',
    path: unknown,
    actor: 'tenant B',
    isRead: true,
    isOfApp: false,
    objection: undefined,
  } as const;
  return [...known, nowhere];
}

function columnOf({ contract, policies, writes }: GatherContext, operation: Operation, attacked: readonly Attacked[], text: string): Column {
  const { method } = operation;
  const place = placeOf(contract, operation);
  const target = attacked.find(({ resource }) => resource === place?.resource);
  const isCreation = operation === target?.resource.create;
  const victim = method === 'DELETE' ? target?.toDelete : target?.toRead;
  const path = isCreation ? operation.path : pathOfItem(operation, victim?.id ?? contract.resource.unknownId);
  const body = method === 'GET' ? {} : bodyOf(operation, target?.resource ?? contract.resource, text);
  // Where origins are not rejected, each of them would create one.
  const isCreating = isCreation && (deletionOf(target.resource) === undefined || !policies.has('other-origins-rejected'));
  const planned = { method, path, ...('body' in body && { body: JSON.stringify(body.body) }) };
  const objection = isCreating ? 'too many objects would be created' : writes.objectionTo(planned);
  const isRead = method === 'GET';
  const isOfCollection = contract.resources.some(({ list, lookups }) => [list, ...lookups.map((lookup) => lookup.operation)].includes(operation));
  return {
    name: `${method} ${operation.path}`,
    method,
    path,
    // Lists and open routes are read by another tenant, so that no limit is reached.
    actor: target === undefined ? 'tenant B' : 'tenant A',
    ...body,
    isRead,
    isOfApp: target !== undefined || isOfCollection || operation.path === contract.health?.path,
    objection: place === undefined ? 'the audit leaves this operation out' : objection,
  };
}

type Matrix = { index: number; families: readonly [OriginFamily, ...OriginFamily[]]; allowed: string; isWhole: boolean };
type Met = { cells: readonly OriginCell[]; twins: OriginsEvidence['twins'] };

/**
 * Every family on one operation. A request of an allowed origin comes just after one of a disallowed origin and just before the others:
 * a decision that is stored by URL, by caller or for the next request shows in one of them. Each column begins with another family.
 */
async function meet(context: GatherContext, column: Column, { index, families, allowed, isWhole }: Matrix): Promise<Met> {
  const isExecuted = column.objection === undefined;
  const tryFamily = async (family: OriginFamily, order: number): Promise<OriginCell> => {
    const row = families.indexOf(family);
    const place = { row: family.name, column: column.name };
    if (!isWhole && order % 2 === 1) return { ...place, omitted: GIVEN_TOKENS };
    const send = async (method: string, turn: number): Promise<FromOrigin> => {
      const origin = takeTurns(family.members, index + turn);
      return { origin, sender: senderOf(family.name, origin), exchange: await sendFrom(context, column, method, origin, family.name) };
    };
    const method = column.isRead && (row + Math.floor(index / 2)) % 3 === 2 ? 'HEAD' : column.method;
    const [preflight, request] = await Promise.all([
      order === 1 || order % 3 === 0 || !isExecuted ? send('OPTIONS', Math.ceil(family.members.length / 2)) : undefined,
      isExecuted ? send(method, 0) : undefined,
    ]);
    return { ...place, ...(request && { request }), ...(preflight && { preflight }) };
  };
  const twins = async (): Promise<OriginsEvidence['twins']> => {
    const methods = column.isRead && isExecuted ? ['OPTIONS', column.method] : ['OPTIONS'];
    return column.isOfApp ? Promise.all(methods.map((method) => sendAllowed(context, column, method, allowed))) : [];
  };
  const inTurn = families.map((_, order) => takeTurns(families, order + index));
  const before = await Promise.all(inTurn.slice(0, 1).map((family) => tryFamily(family, 0)));
  const between = await twins();
  const after = await Promise.all(inTurn.slice(1, 2).map((family) => tryFamily(family, 1)));
  const others = await Promise.all(inTurn.slice(2).map((family, rest) => tryFamily(family, rest + 2)));
  return { cells: [...before, ...after, ...others], twins: [...between, ...(column.isRead ? await twins() : [])] };
}

async function sendAllowed(context: GatherContext, column: Column, method: string, origin: string): Promise<OriginsEvidence['twins'][number]> {
  const exchange = await sendFrom(context, column, method, [origin], 'an allowed origin');
  return { column: column.name, requested: column.method, origin, exchange };
}

/** @param method the one to send: OPTIONS for a preflight of the column's method */
function sendFrom({ http }: GatherContext, column: Column, method: string, origins: OriginHeaders, family: string): Promise<Exchange> {
  const { actor, path, body } = column;
  const headers = origins.map((origin) => ['Origin', origin] as const);
  if (method !== 'OPTIONS') return http.send({ actor, purpose: `from ${family}`, method, path, headers, ...(body !== undefined && { body }) });
  const requested = body === undefined ? 'authorization' : 'authorization,content-type';
  return http.send({
    actor: 'anonymous',
    purpose: `preflight for ${column.method} from ${family}`,
    method,
    path,
    headers: [...headers, ['Access-Control-Request-Method', column.method], ['Access-Control-Request-Headers', requested]],
  });
}

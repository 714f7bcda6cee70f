import { existsSync } from 'node:fs';
import path from 'node:path';
import { record } from '../model/json.ts';
import { isPolicy, type Policy, policyIds } from '../model/policy.ts';
import { ContractError } from './contract-error.ts';
import { callerIn } from './caller-path.ts';
import { findCollections, type NearMiss } from './collections.ts';
import { findHealth, type Health } from './health.ts';
import { bodySample, declared, type Json, list as listOf, parametersOf, type Place, resolve } from './openapi-document.ts';
import { type Operation, type Resource, withoutSlash } from './operations.ts';
import { type LeftOut, NO_PERMISSIONS, type Permissions, usable } from './left-out.ts';
import { createPermits, type Permits } from './permits.ts';
import { readDocument } from './read-document.ts';
import { isSignIn } from './sign-in.ts';
import { readText } from './text-file.ts';

/** The API as its OpenAPI document and its settings inventory describe it. */
export type Contract = {
  operations: readonly Operation[];
  /** Those that are never executed. */
  leftOut: readonly LeftOut[];
  /** Names in lower case of the request headers of all operations. */
  requestHeaders: readonly string[];
  /** Names in lower case of the headers of all responses. */
  responseHeaders: readonly string[];
  /** Every collection of private objects; none where the contract has none and the audit has no users. */
  resources: readonly Resource[];
  /** The first one, where one is enough. @throws {Error} where there is none */
  readonly resource: Resource;
  /** Paths in which something is created that is not audited, and why. */
  nearMisses: readonly NearMiss[];
  /** The health endpoint; undefined where the contract has none that any caller may request. */
  health: Health | undefined;
  /** The endpoint that responds without the database. */
  liveness: Health | undefined;
  variables: readonly Variable[];
  /** The policies that its extension `x-policies` declares. */
  policies: readonly Policy[];
  /** How many requests at once the API serves, as the extension `x-concurrent-requests` states. */
  concurrentRequests: number | undefined;
  /** Whether the API may accept tokens signed with a shared secret (HS256), as its inventory states; true where nothing states it. */
  acceptsSharedSecret: boolean;
  /** Whether the contract allows a request. */
  permits: Permits;
};

export type Variable = {
  name: string;
  required_in: readonly string[];
  /** The setting that makes this one optional. */
  required_unless?: string;
  secret: boolean;
  description: string;
  default: Readonly<Record<string, unknown>>;
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** What the config file states about the contract. */
export type ContractOptions = {
  /** The path in which objects of the main collection are created. */
  collection?: string | undefined;
  /** The path of health. */
  health?: string | undefined;
  /** Whether the audit acts as users, who need a collection of their own objects. */
  hasUsers?: boolean;
};

/**
 * Reads an OpenAPI document, and the inventory of settings next to it where there is one.
 * @throws {ContractError} where it has no collection of private objects, because isolation could not be checked
 */
export function readContract(
  openApiFile: string,
  { collection, health: healthPath, hasUsers = true, ...permissions }: ContractOptions & Partial<Permissions> = {},
): Contract {
  const document = readDocument(openApiFile);
  const operations = readOperations(document);
  checkNames(permissions.safeOperations ?? [], operations);
  const found = findCollections(document, operations, collection, hasUsers);
  const { resources, leftOut } = usable(operations, found.resources, { ...NO_PERMISSIONS, ...permissions });
  const [resource] = resources;
  const [first] = found.resources;
  const isOther = collection !== undefined && resource?.create.path !== first?.create.path;
  if (hasUsers && (resource === undefined || isOther))
    throw new ContractError(explainUnusable(isOther ? found.resources.slice(0, 1) : found.resources, leftOut));
  return {
    operations,
    leftOut,
    resources,
    requestHeaders: readRequestHeaders(document, operations),
    responseHeaders: readResponseHeaders(document, operations),
    get resource() {
      if (resource === undefined) throw new Error('The contract has no collection, and this needs one.');
      return resource;
    },
    nearMisses: found.nearMisses,
    ...findHealth(document, operations, healthPath),
    variables: readVariables(openApiFile),
    policies: readPolicies(document),
    concurrentRequests: typeof document['x-concurrent-requests'] === 'number' ? document['x-concurrent-requests'] : undefined,
    acceptsSharedSecret: readInventory(openApiFile).token_algorithms?.includes('HS256') ?? true,
    permits: createPermits(document),
  };
}

/** @throws {ContractError} naming the policies that the audit does not know */
function readPolicies(document: Json): Policy[] {
  const named = listOf(document['x-policies']);
  const unknown = named.filter((id) => !isPolicy(id));
  if (unknown.length > 0)
    throw new ContractError([`x-policies names ${unknown.map(String).join(', ')}, which is not a policy. Policies: ${policyIds.join(', ')}.`]);
  return named.filter(isPolicy);
}

/** @throws {ContractError} naming the operations that the contract does not have */
function checkNames(safeOperations: readonly string[], operations: readonly Operation[]): void {
  const unknown = safeOperations.filter((name) => !operations.some(({ method, path: at }) => name === `${method} ${at}`));
  if (unknown.length > 0)
    throw new ContractError([
      `safeOperations in the config file names ${unknown.join(', ')}, which the contract does not have. Give method and path, such as GET /reports.`,
    ]);
}

function explainUnusable(found: readonly Resource[], leftOut: readonly LeftOut[]): string[] {
  const reasons = found.map(({ list, create, read }) => {
    const { operation = create, reason = 'is left out' } =
      leftOut.find((each) => [create, list, read].some(({ id }) => id === each.operation.id)) ?? {};
    return `${operation.method} ${operation.path}: ${reason}.`;
  });
  return [
    'There is no collection in which the audit may create objects. Where that is harmless on this target, name the operation in safeOperations of the config file, or set leftovers to true for objects that stay.',
    ...reasons,
  ];
}

/** The settings in the inventory next to the OpenAPI document; empty where there is none. */
export function readVariables(openApiFile: string): readonly Variable[] {
  return readInventory(openApiFile).variables;
}

type Inventory = { token_algorithms?: readonly string[]; variables: readonly Variable[] };

function readInventory(openApiFile: string): Inventory {
  const file = path.join(path.dirname(openApiFile), 'environment.json');
  return existsSync(file) ? (JSON.parse(readText(file)) as Inventory) : { variables: [] };
}

/**
 * Where an operation may be executed: reads anywhere, creations in their collection, other writes on an object. Undefined for one that is
 * left out, which is tried by preflight only.
 */
export function placeOf({ leftOut, resources }: Pick<Contract, 'leftOut' | 'resources'>, { id }: Operation): WritePlace | undefined {
  if (leftOut.some(({ operation }) => operation.id === id)) return undefined;
  return { resource: resources.find(({ onItem, create }) => [...onItem, create].some((operation) => operation.id === id)) };
}

/** Operations that cannot succeed in an audit: those that are left out, and reads of an object that the audit cannot create. */
export function unsuccessful(contract: Pick<Contract, 'leftOut' | 'operations' | 'resources'>): Operation[] {
  return contract.operations.filter((operation) => {
    const place = placeOf(contract, operation);
    return place === undefined || (place.resource === undefined && operation.path.replace(operation.caller ?? '', '').includes('{'));
  });
}

/** `resource` is undefined for an operation outside of every collection. */
type WritePlace = { resource: Resource | undefined };

function readOperations(document: Json): Operation[] {
  const places = Object.keys(record(document['paths'])).flatMap((at) =>
    METHODS.filter((method) => Object.keys(declared(document, { path: at, method })).length > 0).map((method) => ({ path: at, method })),
  );
  const isProtected = (place: Place): boolean =>
    isRequired(listOf(declared(document, place)['security'] ?? document['security'])) && !isSignIn(document, place);
  const collections = new Set(places.filter((place) => place.method === 'post' && isProtected(place)).map(({ path: at }) => withoutSlash(at)));
  return places.map((place) => {
    const { operationId, responses } = declared(document, place);
    const statuses = Object.keys(record(responses)).map(Number).filter(Number.isInteger);
    const caller = callerIn(place.path, collections);
    return {
      id: typeof operationId === 'string' ? operationId : `${place.method} ${place.path}`,
      method: place.method.toUpperCase(),
      path: place.path,
      protected: isProtected(place),
      sample: bodySample(document, place),
      success: statuses.find((status) => status >= 200 && status < 300) ?? 200,
      statuses,
      ...(caller !== undefined && { caller }),
    };
  });
}

function readRequestHeaders(document: Json, operations: readonly Operation[]): string[] {
  const parameters = operations.flatMap((operation) => [...parametersOf(document, operation)]);
  const names = parameters.flatMap(([name, parameter]) => (parameter['in'] === 'header' ? [name.toLowerCase()] : []));
  return [...new Set(names)].toSorted();
}

function readResponseHeaders(document: Json, operations: readonly Operation[]): string[] {
  const responses = operations.flatMap((operation) => Object.values(record(declared(document, operation)['responses'])));
  const names = responses.flatMap((response) => Object.keys(record(resolve(document, response)['headers'])));
  return [...new Set(names.map((name) => name.toLowerCase()))].toSorted();
}

/** An empty requirement makes the others optional (OpenAPI 3.1 section 4.8.30). */
function isRequired(requirements: readonly unknown[]): boolean {
  return requirements.length > 0 && requirements.every((requirement) => Object.keys(record(requirement)).length > 0);
}

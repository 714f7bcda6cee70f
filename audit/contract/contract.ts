import type { Operation, Resource } from './operations.ts';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { record } from '../model/json.ts';
import { isPolicy, type Policy } from '../model/policy.ts';
import { bodySample, declared, type Json, list as listOf, parametersOf, propertiesOf, resolve, responseSchema } from './openapi-document.ts';
import { type LeftOut, NO_PERMISSIONS, type Permissions, usable } from './left-out.ts';
import { createPermits, type Permits } from './permits.ts';
import { findResources } from './resources.ts';
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
  /** Every collection of private objects, the one with the most operations first; that one is used where one is enough. */
  resources: readonly Resource[];
  resource: Resource;
  /** The health endpoint. */
  health: Health;
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

export type Health = {
  path: string;
  /** Every property of its response with the allowed values; an empty list where any value is allowed. */
  properties: Readonly<Record<string, readonly string[]>>;
  /** Property with the time of the response. */
  time: string | undefined;
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

/**
 * Reads an OpenAPI 3.1 document, and the inventory of settings next to it where there is one.
 * @throws {Error} where it has no collection of private objects, because isolation could not be checked
 */
export function readContract(openApiFile: string, permissions: Permissions = NO_PERMISSIONS): Contract {
  const document = JSON.parse(readText(openApiFile)) as Json;
  const operations = readOperations(document);
  checkNames(permissions.safeOperations, operations);
  const found = findResources(document, operations);
  const { resources: unsorted, leftOut } = usable(operations, found, permissions);
  const resources = unsorted.toSorted((a, b) => b.onItem.length - a.onItem.length);
  const [resource] = resources;
  if (resource === undefined && found.length > 0) throw new Error(explainUnusable(found, leftOut));
  if (resource === undefined)
    throw new Error('The contract has no protected collection with create (POST, 201), list (GET) and read (GET …/{id}): isolation cannot be checked.');
  const open = operations.filter((operation) => operation.method === 'GET' && !operation.protected && !operation.path.includes('{'));
  const alive = open.filter(({ path: at }) => /live|ping/i.test(at));
  const healthy = open.filter(({ path: at }) => /health|ready|status/i.test(at));
  const health = healthy.find((operation) => !alive.includes(operation)) ?? healthy[0];
  if (health === undefined)
    throw new Error('The contract has no open GET path for health, such as /health: whether the API works cannot be checked.');
  const liveness = alive.find((operation) => operation !== health);
  return {
    operations,
    leftOut,
    resources,
    requestHeaders: readRequestHeaders(document, operations),
    responseHeaders: readResponseHeaders(document, operations),
    resource,
    health: readHealth(document, health),
    liveness: liveness && readHealth(document, liveness),
    variables: readVariables(openApiFile),
    policies: listOf(document['x-policies']).filter(isPolicy),
    concurrentRequests: typeof document['x-concurrent-requests'] === 'number' ? document['x-concurrent-requests'] : undefined,
    acceptsSharedSecret: readInventory(openApiFile).token_algorithms?.includes('HS256') ?? true,
    permits: createPermits(document),
  };
}

/** @throws {Error} naming the operations that the contract does not have */
function checkNames(safeOperations: readonly string[], operations: readonly Operation[]): void {
  const unknown = safeOperations.filter((name) => !operations.some(({ method, path: at }) => name === `${method} ${at}`));
  if (unknown.length > 0)
    throw new Error(`safeOperations in the config file names ${unknown.join(', ')}, which the contract does not have. Give method and path, such as GET /reports`);
}

function explainUnusable(found: readonly Resource[], leftOut: readonly LeftOut[]): string {
  const reasons = found.map(({ list, create, read }) => {
    const { operation, reason } = leftOut.find((each) => [create, list, read].some(({ id }) => id === each.operation.id)) ?? {};
    return operation === undefined ? create.path : `${operation.method} ${operation.path} ${reason}`;
  });
  return `There is no collection in which the audit may create objects: ${reasons.join('; ')}. Where that is harmless on this target, name the operation in safeOperations of the config file, or set leftovers to true for objects that stay`;
}

function readHealth(document: Json, operation: Operation): Health {
  const properties = propertiesOf(document, responseSchema(document, operation, operation.success));
  const values = properties.map(([name, { enum: choices, const: only }]) => [name, listOf(choices ?? (only === undefined ? [] : [only])).map(String)]);
  const isTime = (name: string, { format = 'date-time' }: Json): boolean =>
    /^(timestamp|time|now|checked_?at)$/i.test(name) && format === 'date-time';
  return {
    path: operation.path,
    properties: Object.fromEntries(values) as Record<string, string[]>,
    time: properties.find(([name, property]) => isTime(name, property))?.[0],
  };
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
export function placeOf({ leftOut, resources }: Pick<Contract, 'leftOut' | 'resources'>, { id }: Operation): Place | undefined {
  if (leftOut.some(({ operation }) => operation.id === id)) return undefined;
  return { resource: resources.find(({ onItem, create }) => [...onItem, create].some((operation) => operation.id === id)) };
}

/** Operations that cannot succeed in an audit: those that are left out, and reads of an object that the audit cannot create. */
export function unsuccessful(contract: Pick<Contract, 'leftOut' | 'operations' | 'resources'>): Operation[] {
  return contract.operations.filter((operation) => {
    const place = placeOf(contract, operation);
    return place === undefined || (place.resource === undefined && operation.path.includes('{'));
  });
}

/** `resource` is undefined for an operation outside of every collection. */
type Place = { resource: Resource | undefined };

function readOperations(document: Json): Operation[] {
  return Object.keys(record(document['paths'])).flatMap((at) =>
    METHODS.flatMap((method) => {
      const operation = declared(document, { path: at, method });
      if (Object.keys(operation).length === 0) return [];
      const statuses = Object.keys(record(operation['responses'])).map(Number).filter(Number.isInteger);
      return [
        {
          id: typeof operation['operationId'] === 'string' ? operation['operationId'] : `${method} ${at}`,
          method: method.toUpperCase(),
          path: at,
          protected: isProtected(listOf(operation['security'] ?? document['security'])),
          sample: bodySample(document, { path: at, method }),
          success: statuses.find((status) => status >= 200 && status < 300) ?? 200,
          statuses,
        },
      ];
    }),
  );
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
function isProtected(requirements: readonly unknown[]): boolean {
  return requirements.length > 0 && requirements.every((requirement) => Object.keys(record(requirement)).length > 0);
}

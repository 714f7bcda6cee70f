import type { Operation, Resource } from './operations.ts';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { record } from '../model/json.ts';
import { bodySample, declared, type Json, list as listOf, parametersOf, propertiesOf, resolve, responseSchema } from './openapi-document.ts';
import { createPermits, type Permits } from './permits.ts';
import { findResources } from './resources.ts';
import { readText } from './text-file.ts';

/** The API as its OpenAPI document and its settings inventory describe it. */
export type Contract = {
  operations: readonly Operation[];
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
export function readContract(openApiFile: string): Contract {
  const document = JSON.parse(readText(openApiFile)) as Json;
  const operations = readOperations(document);
  const resources = findResources(document, operations).toSorted((a, b) => b.onItem.length - a.onItem.length);
  const [resource] = resources;
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
    resources,
    requestHeaders: readRequestHeaders(document, operations),
    responseHeaders: readResponseHeaders(document, operations),
    resource,
    health: readHealth(document, health),
    liveness: liveness && readHealth(document, liveness),
    variables: readVariables(openApiFile),
    acceptsSharedSecret: readInventory(openApiFile).token_algorithms?.includes('HS256') ?? true,
    permits: createPermits(document),
  };
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
 * Where the write rule allows an operation: reads anywhere, creations in their collection, other writes on an object. Undefined for a write
 * to anything else, which is tried by preflight only.
 */
export function placeOf({ resources }: Pick<Contract, 'resources'>, { id, method }: Operation): Place | undefined {
  const resource = resources.find(({ onItem, create }) => [...onItem, create].some((operation) => operation.id === id));
  return resource !== undefined || method === 'GET' ? { resource } : undefined;
}

/** `resource` is undefined for a read outside of every collection. */
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

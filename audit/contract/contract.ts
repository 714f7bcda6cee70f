import { existsSync } from 'node:fs';
import path from 'node:path';
import { record } from '../model/json.ts';
import { callerIn } from './caller-path.ts';
import { findCollections, type NearMiss } from './collections.ts';
import { findHealth, type Health } from './health.ts';
import { bodySample, declared, type Json, list as listOf, parametersOf, type Place, resolve } from './openapi-document.ts';
import { type Operation, type Resource, withoutSlash } from './operations.ts';
import { createPermits, type Permits } from './permits.ts';
import { readDocument } from './read-document.ts';
import { isSignIn } from './sign-in.ts';
import { readText } from './text-file.ts';



/** The API as its OpenAPI document and its settings inventory describe it. */
export type Contract = {
  operations: readonly Operation[];
  /** Names in lower case of the request headers of all operations. */
  requestHeaders: readonly string[];
  /** Names in lower case of the headers of all responses. */
  responseHeaders: readonly string[];
  /** Every collection of private objects; the first one is used where one is enough. */
  resources: readonly Resource[];
  resource: Resource;
  /** Paths in which something is created that is not audited, and why. */
  nearMisses: readonly NearMiss[];
  /** The health endpoint; undefined where the contract has none that any caller may request. */
  health: Health | undefined;
  /** The endpoint that responds without the database. */
  liveness: Health | undefined;
  variables: readonly Variable[];
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
};

/**
 * Reads an OpenAPI document, and the inventory of settings next to it where there is one.
 * @throws {ContractError} where it has no collection of private objects, because isolation could not be checked
 */
export function readContract(openApiFile: string, { collection, health: healthPath }: ContractOptions = {}): Contract {
  const document = readDocument(openApiFile);
  const operations = readOperations(document);
  const { resources, nearMisses } = findCollections(document, operations, collection);
  return {
    operations,
    resources,
    requestHeaders: readRequestHeaders(document, operations),
    responseHeaders: readResponseHeaders(document, operations),
    resource: resources[0],
    nearMisses,
    ...findHealth(document, operations, healthPath),
    variables: readVariables(openApiFile),
    acceptsSharedSecret: readInventory(openApiFile).token_algorithms?.includes('HS256') ?? true,
    permits: createPermits(document),
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
export function placeOf({ resources }: Pick<Contract, 'resources'>, { id, method }: Operation): WritePlace | undefined {
  const resource = resources.find(({ onItem, create }) => [...onItem, create].some((operation) => operation.id === id));
  return resource !== undefined || method === 'GET' ? { resource } : undefined;
}

/** `resource` is undefined for a read outside of every collection. */
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

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bodySchema, declared, type Json, list as listOf, object, propertiesOf, responseSchema, sampleOf } from './openapi-document.ts';
import { findResources } from './resources.ts';

/** What the audit knows of the API: its OpenAPI document and its settings inventory, read as data. */
export type Contract = {
  operations: readonly Operation[];
  /** Every collection of private objects, the one with most operations first: that one stands for all where one is enough. */
  resources: readonly Resource[];
  resource: Resource;
  /** Where it says whether it works. */
  health: Health;
  /** Path that answers without the database. */
  liveness: string | undefined;
  variables: readonly Variable[];
};

export type Operation = {
  id: string;
  method: string;
  /** Template, such as /api/v1/tasks/{id}. */
  path: string;
  protected: boolean;
  /** A request body the contract calls valid. */
  sample: unknown;
  success: number;
  /** Every status it may answer. */
  statuses: readonly number[];
};

/** A collection of private objects: what isolation is shown on. */
export type Resource = {
  /** What its objects are called, such as tasks. */
  name: string;
  list: Operation;
  create: Operation;
  read: Operation;
  /** Every operation below an object's path, `read` included. */
  onItem: readonly Operation[];
  /** Property of an object that its path takes. */
  idProperty: string;
  /** Property of an object that names its owner, or what it would be called. */
  ownerProperty: string;
  /** A valid id that no object has. */
  unknownId: string;
  /** Property of the list's answer that holds the objects; undefined when the answer is the array itself. */
  listProperty: string | undefined;
  /** Property of the list's answer that counts them, if there is one. */
  totalProperty: string | undefined;
  /** Required text property of an object: it carries the canary. */
  textProperty: string;
  /** All properties that take free text: the canary stands in each, so that a search finds it wherever it looks. */
  textProperties: readonly string[];
  /** Fields of objects that differ where a filter could tell: one entry for each value of each closed property. */
  variants: readonly Readonly<Record<string, unknown>>[];
  /** Queries that ask the list in every documented way: each value of each closed filter, and a second page. */
  queries: readonly string[];
  /** Properties of a new object, and parameters of its list, that take ids of another collection. */
  references: readonly Reference[];
  /** Other protected reads below the collection's path that need no id, such as suggestions, with their text parameters. */
  lookups: readonly { operation: Operation; parameters: readonly string[] }[];
  /** Query parameters of the list by what they do. */
  pageSize: { name: string; most: number } | undefined;
  search: string | undefined;
};

export type Reference = { property: string; isList: boolean; parameters: readonly string[]; to: string };

export type Health = {
  path: string;
  /** Every property of its answer, with the words it may have; none where it is free. */
  properties: Readonly<Record<string, readonly string[]>>;
};

export type Variable = {
  name: string;
  required_in: readonly string[];
  secret: boolean;
  description: string;
  default: Readonly<Record<string, unknown>>;
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/**
 * Reads an OpenAPI 3.1 document, and the inventory of settings where there is one beside it.
 * @throws {Error} when no collection of private objects can be found in it: then isolation could not be shown.
 */
export function readContract(openApiFile: string): Contract {
  const document = JSON.parse(readFileSync(openApiFile, 'utf8')) as Json;
  const operations = readOperations(document);
  const resources = findResources(document, operations).toSorted((a, b) => b.onItem.length - a.onItem.length);
  const [resource] = resources;
  if (resource === undefined)
    throw new Error('The contract has no protected collection with create (POST, 201), list (GET) and read (GET …/{id}): isolation cannot be shown.');
  const open = operations.filter((operation) => operation.method === 'GET' && !operation.protected && !operation.path.includes('{'));
  const health = open.find(({ path: at }) => /health|ready|status/i.test(at));
  if (health === undefined)
    throw new Error('The contract has no open GET path for health, such as /health: it could not be told whether the API works.');
  return {
    operations,
    resources,
    resource,
    health: {
      path: health.path,
      properties: Object.fromEntries(
        propertiesOf(document, responseSchema(document, health, health.success)).map(([name, property]) => [
          name,
          listOf(property['enum']).map(String),
        ]),
      ),
    },
    liveness: open.find(({ path: at }) => /live|ping/i.test(at))?.path,
    variables: readVariables(openApiFile),
  };
}

/** The inventory of settings beside the OpenAPI document; empty where there is none. */
export function readVariables(openApiFile: string): Variable[] {
  const file = path.join(path.dirname(openApiFile), 'environment.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { variables: Variable[] }).variables : [];
}

export function pathOfItem(operation: Operation, id: string): string {
  return operation.path.replace(/\{[^}]+\}/, encodeURIComponent(id));
}

function readOperations(document: Json): Operation[] {
  return Object.keys(object(document['paths'])).flatMap((at) =>
    METHODS.flatMap((method) => {
      const operation = declared(document, { path: at, method });
      if (Object.keys(operation).length === 0) return [];
      const statuses = Object.keys(object(operation['responses'])).map(Number).filter(Number.isInteger);
      return [
        {
          id: typeof operation['operationId'] === 'string' ? operation['operationId'] : `${method} ${at}`,
          method: method.toUpperCase(),
          path: at,
          protected: listOf(operation['security'] ?? document['security']).length > 0,
          sample: sampleOf(document, bodySchema(document, { path: at, method })),
          success: statuses.find((status) => status >= 200 && status < 300) ?? 200,
          statuses,
        },
      ];
    }),
  );
}

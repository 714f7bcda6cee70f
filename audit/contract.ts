import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What the audit knows of the API: its OpenAPI document and its settings inventory, read as data. */
export type Contract = {
  operations: readonly Operation[];
  resource: Resource;
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
};

/** A collection of private objects: what isolation is shown on. */
export type Resource = {
  list: Operation;
  create: Operation;
  read: Operation;
  /** Every operation below an object's path, `read` included. */
  onItem: readonly Operation[];
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
};

export type Variable = {
  name: string;
  required_in: readonly string[];
  secret: boolean;
  description: string;
  default: Readonly<Record<string, unknown>>;
};

type Json = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/**
 * Reads an OpenAPI 3.1 document, and the inventory of settings where there is one beside it.
 * @throws {Error} when no collection of private objects can be found in it: then isolation could not be shown.
 */
export function readContract(openApiFile: string): Contract {
  const document = JSON.parse(readFileSync(openApiFile, 'utf8')) as Json;
  const operations = readOperations(document);
  return { operations, resource: findResource(document, operations), variables: readVariables(openApiFile) };
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
  return Object.entries(object(document['paths'])).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = object(object(item)[method]);
      if (Object.keys(operation).length === 0) return [];
      const security = operation['security'] ?? document['security'];
      const success = Object.keys(object(operation['responses'])).find((status) => status.startsWith('2'));
      return [
        {
          id: typeof operation['operationId'] === 'string' ? operation['operationId'] : `${method} ${path}`,
          method: method.toUpperCase(),
          path,
          protected: Array.isArray(security) && security.length > 0,
          sample: sampleOf(document, bodySchema(document, operation['requestBody'])),
          success: Number(success ?? 200),
        },
      ];
    }),
  );
}

function findResource(document: Json, operations: readonly Operation[]): Resource {
  for (const create of operations.filter(({ method, success }) => method === 'POST' && success === 201)) {
    const list = operations.find(({ method, path }) => method === 'GET' && path === create.path);
    const itemPath = new RegExp(`^${create.path.replaceAll(/[^\w/]/g, '\\$&')}/\\{[^}]+\\}`);
    const onItem = operations.filter(({ path }) => itemPath.test(path));
    const read = onItem.find(({ method, path }) => method === 'GET' && path.endsWith('}'));
    const textProperty = textPropertyOf(document, create);
    if (!list || !read || textProperty === undefined || !create.protected) continue;
    const page = object(responseSchema(document, list)['properties']);
    const properties = Object.entries(page).map(([name, schema]) => [name, resolve(document, schema)['type']] as const);
    return {
      list,
      create,
      read,
      onItem,
      listProperty: properties.find(([, type]) => type === 'array')?.[0],
      totalProperty: properties.find(([name, type]) => type === 'integer' && /total|count/i.test(name))?.[0],
      textProperty,
      textProperties: textPropertiesOf(document, create),
      variants: closedPropertiesOf(document, create).flatMap(([name, values]) => values.map((value) => ({ [name]: value }))),
      queries: queriesOf(document, list, create),
    };
  }
  throw new Error('The contract has no protected collection with create (POST, 201), list (GET) and read (GET …/{id}): isolation cannot be shown.');
}

function textPropertyOf(document: Json, create: Operation): string | undefined {
  const operation = object(object(object(document['paths'])[create.path])['post']);
  const required = bodySchema(document, operation['requestBody'])['required'];
  return textPropertiesOf(document, create).find((name) => Array.isArray(required) && required.includes(name));
}

function textPropertiesOf(document: Json, create: Operation): string[] {
  return propertiesOf(document, create)
    .filter(([, { type, enum: choices, format, anyOf }]) => {
      const takesText = type === 'string' || (Array.isArray(anyOf) && anyOf.some((option) => object(option)['type'] === 'string'));
      return takesText && choices === undefined && format === undefined;
    })
    .map(([name]) => name);
}

function closedPropertiesOf(document: Json, create: Operation): [string, unknown[]][] {
  return propertiesOf(document, create).flatMap(([name, { enum: choices }]) =>
    Array.isArray(choices) ? [[name, choices] as [string, unknown[]]] : [],
  );
}

function propertiesOf(document: Json, { path, method }: Operation): [string, Json][] {
  const operation = object(object(object(document['paths'])[path])[method.toLowerCase()]);
  const schema = bodySchema(document, operation['requestBody']);
  return Object.entries(object(schema['properties'])).map(([name, property]) => [name, resolve(document, property)]);
}

function queriesOf(document: Json, list: Operation, create: Operation): string[] {
  const declared = object(object(document['paths'])[list.path])['get'];
  const parameters = object(declared)['parameters'];
  const named = new Map(
    (Array.isArray(parameters) ? parameters : []).map((parameter) => {
      const { name, schema } = resolve(document, parameter);
      return [String(name), resolve(document, schema)] as const;
    }),
  );
  const closed = new Map(closedPropertiesOf(document, create));
  const filters = [...named].flatMap(([name, { type, enum: choices }]) => {
    const values = Array.isArray(choices) ? choices : type === 'boolean' ? [true, false] : (closed.get(name) ?? []);
    return values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  });
  return named.has('page') && named.has('per_page') ? [...filters, 'page=2&per_page=1'] : filters;
}

function bodySchema(document: Json, requestBody: unknown): Json {
  return resolve(document, object(object(object(resolve(document, requestBody))['content'])['application/json'])['schema']);
}

function responseSchema(document: Json, operation: Operation): Json {
  const item = object(object(document['paths'])[operation.path]);
  const response = resolve(document, object(object(item[operation.method.toLowerCase()])['responses'])[String(operation.success)]);
  return resolve(document, object(object(response['content'])['application/json'])['schema']);
}

/** The schema's own example, or the least that its required properties allow. */
function sampleOf(document: Json, schema: Json): unknown {
  if (Object.keys(schema).length === 0) return undefined;
  if (Array.isArray(schema['examples']) && schema['examples'].length > 0) return schema['examples'][0];
  if (schema['default'] !== undefined) return schema['default'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  switch (schema['type']) {
    case 'object': {
      const required = Array.isArray(schema['required']) ? schema['required'] : [];
      const properties = Object.entries(object(schema['properties'])).filter(([name]) => required.includes(name));
      return Object.fromEntries(properties.map(([name, property]) => [name, sampleOf(document, resolve(document, property))]));
    }
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1;
    case 'boolean':
      return true;
    default:
      return 'audit';
  }
}

function resolve(document: Json, value: unknown): Json {
  const reference = object(value)['$ref'];
  if (typeof reference !== 'string') return object(value);
  const steps = reference
    .replace('#/', '')
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return resolve(
    document,
    steps.reduce<unknown>((node, step) => object(node)[step], document),
  );
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

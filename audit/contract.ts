import { existsSync, readFileSync } from 'node:fs';

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
  /** Text property of an object that can carry a canary. */
  textProperty: string;
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
export function readContract(openApiFile: string, environmentFile = 'contract/environment.json'): Contract {
  const document = JSON.parse(readFileSync(openApiFile, 'utf8')) as Json;
  const operations = readOperations(document);
  return { operations, resource: findResource(document, operations), variables: existsSync(environmentFile) ? readVariables(environmentFile) : [] };
}

export function readVariables(environmentFile = 'contract/environment.json'): Variable[] {
  return (JSON.parse(readFileSync(environmentFile, 'utf8')) as { variables: Variable[] }).variables;
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
    };
  }
  throw new Error('The contract has no protected collection with create (POST, 201), list (GET) and read (GET …/{id}): isolation cannot be shown.');
}

function textPropertyOf(document: Json, create: Operation): string | undefined {
  const item = object(object(document['paths'])[create.path]);
  const schema = bodySchema(document, object(item['post'])['requestBody']);
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(object(schema['properties'])).find(([name, property]) => {
    const { type, enum: choices, format } = resolve(document, property);
    return required.includes(name) && type === 'string' && choices === undefined && format === undefined;
  })?.[0];
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

import { randomBytes, randomUUID } from 'node:crypto';
import type { Operation, Reference, Resource } from './contract.ts';
import { bodySchema, type Json, list as listOf, object, parametersOf, propertiesOf, resolve, responseSchema, takesText } from './openapi-document.ts';

/** The protected collections that can be created in, listed and read from by id. */
export function findResources(document: Json, operations: readonly Operation[]): Resource[] {
  const found = operations
    .filter((operation) => operation.method === 'POST' && operation.success === 201 && operation.protected && !operation.path.includes('{'))
    .flatMap((create) => {
      const listing = operations.find(({ method, path: at }) => method === 'GET' && at === create.path);
      const itemPath = new RegExp(`^${create.path.replaceAll(/[^\w/]/g, '\\$&')}/\\{[^}]+\\}`);
      const onItem = operations.filter(({ path: at }) => itemPath.test(at));
      const read = onItem.find(({ method, path: at }) => method === 'GET' && at.endsWith('}'));
      return listing && read ? describe(document, { create, list: listing, read, onItem }, operations) : [];
    });
  return found.map((resource) => ({ ...resource, references: found.flatMap((other) => referencesTo(document, resource, other)) }));
}

/** A property named after another collection: `tag_ids` or `tag_id` for tags. */
function referencesTo(document: Json, { create, list }: Resource, { name }: Resource): Reference[] {
  const named = new RegExp(`^${name.replace(/s$/, '')}_?ids?$`, 'i');
  const parameters = [...parametersOf(document, list).keys()].filter((each) => named.test(each));
  return propertiesOf(document, bodySchema(document, create))
    .filter(([property]) => named.test(property))
    .map(([property, { type }]) => ({ property, isList: type === 'array', parameters, to: name }));
}

function describe(document: Json, found: Pick<Resource, 'create' | 'list' | 'read' | 'onItem'>, operations: readonly Operation[]): Resource[] {
  const { create, list, read } = found;
  const schema = bodySchema(document, create);
  const fields = propertiesOf(document, schema);
  const textProperties = fields.filter(([, property]) => takesText(property)).map(([name]) => name);
  const textProperty = textProperties.find((name) => listOf(schema['required']).includes(name));
  if (textProperty === undefined) return [];
  const page = propertiesOf(document, responseSchema(document, list, list.success));
  const item = propertiesOf(document, responseSchema(document, read, read.success)).map(([name]) => name);
  const parameters = parametersOf(document, list);
  const closed = fields.flatMap(([name, { enum: choices }]): [string, readonly unknown[]][] => (Array.isArray(choices) ? [[name, choices]] : []));
  return [
    {
      ...found,
      name: create.path.split('/').at(-1) ?? '',
      ...idOf(document, read, item),
      ownerProperty: item.find((name) => /^(user|owner|account|tenant)(_?id)?$/i.test(name)) ?? 'user_id',
      listProperty: page.find(([, { type }]) => type === 'array')?.[0],
      totalProperty: page.find(([name, { type }]) => type === 'integer' && /total|count/i.test(name))?.[0],
      textProperty,
      textProperties,
      variants: closed.flatMap(([name, values]) => values.map((value) => ({ [name]: value }))),
      references: [],
      lookups: lookupsOf(document, create.path, operations),
      queries: queriesOf(document, parameters, new Map(closed)),
      pageSize: pageSizeOf(parameters),
      search: [...parameters.keys()].find((name) => /^(search|q|query)$/i.test(name)),
    },
  ];
}

function lookupsOf(document: Json, collection: string, operations: readonly Operation[]): Resource['lookups'] {
  return operations
    .filter(({ method, path, protected: isProtected }) => method === 'GET' && isProtected && path.startsWith(`${collection}/`) && !path.includes('{'))
    .map((operation) => ({
      operation,
      parameters: [...parametersOf(document, operation)].filter(([, { schema }]) => takesText(object(schema))).map(([name]) => name),
    }));
}

function idOf(document: Json, read: Operation, item: readonly string[]): Pick<Resource, 'idProperty' | 'unknownId'> {
  const inPath = /\{([^}]+)\}/.exec(read.path)?.[1] ?? 'id';
  const idProperty = ['id', inPath, '_id', 'uuid'].find((name) => item.includes(name)) ?? 'id';
  const { type, format, maximum } = object(parametersOf(document, read).get(inPath)?.['schema']);
  if (type === 'integer') return { idProperty, unknownId: String(Math.min(typeof maximum === 'number' ? maximum : Infinity, 2_147_483_647) - 1) };
  return { idProperty, unknownId: format === 'uuid' ? randomUUID() : randomBytes(12).toString('hex') };
}

function pageSizeOf(parameters: ReadonlyMap<string, Json>): Resource['pageSize'] {
  const name = [...parameters.keys()].find((each) => /^(per_?page|limit|page_?size|size)$/i.test(each));
  const most = object(parameters.get(name ?? '')?.['schema'])['maximum'];
  return name === undefined ? undefined : { name, most: typeof most === 'number' ? most : 100 };
}

function queriesOf(document: Json, parameters: ReadonlyMap<string, Json>, closed: ReadonlyMap<string, readonly unknown[]>): string[] {
  const filters = [...parameters].flatMap(([name, parameter]) => {
    const { type, enum: choices, items } = object(parameter['schema']);
    const values = listOf(choices ?? resolve(document, items)['enum'] ?? (type === 'boolean' ? [true, false] : closed.get(name)));
    return values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  });
  const size = pageSizeOf(parameters);
  return parameters.has('page') && size ? [...filters, `page=2&${size.name}=1`] : filters;
}

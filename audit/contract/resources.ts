import { record } from '../model/json.ts';
import { MARKER } from '../model/marker.ts';
import { ContractError } from './contract-error.ts';
import { listShapeOf } from './list-shape.ts';
import {
  bodySchema,
  type Json,
  list as listOf,
  parametersOf,
  payloadSchema,
  propertiesOf,
  resolve,
  responseSchema,
  takesText,
  typeOf,
} from './openapi-document.ts';
import { type Operation, type Reference, type Resource, withoutSlash } from './operations.ts';
import { unknownId } from './unknown-id.ts';

/** As long as the texts of the audit, to exclude properties that are too short for them. */
const TEXT = `${MARKER}0123456789abcdef`;

export type Found = Pick<Resource, 'create' | 'list' | 'read' | 'onItem'>;

/** With the references of each collection to the others. */
export function addReferences(document: Json, found: readonly Resource[]): Resource[] {
  return found.map((resource) => ({ ...resource, references: found.flatMap((other) => referencesTo(document, resource, other)) }));
}

/** A property named after another collection: `tag_ids` or `tag_id` for tags. */
function referencesTo(document: Json, { create, list }: Resource, { name }: Resource): Reference[] {
  const named = new RegExp(`^${RegExp.escape(name.replace(/s$/, ''))}_?ids?$`, 'i');
  const parameters = [...parametersOf(document, list).keys()].filter((each) => named.test(each));
  return propertiesOf(document, bodySchema(document, create))
    .filter(([property]) => named.test(property))
    .map(([property, schema]) => ({ property, isList: typeOf(schema) === 'array', parameters, to: name }));
}

/** @throws {ContractError} where its objects cannot be recognized by a text, or no unknown id can be generated */
export function describe(document: Json, found: Found, operations: readonly Operation[]): Resource {
  const { create, list, read } = found;
  const schema = bodySchema(document, create);
  const fields = propertiesOf(document, schema);
  const textProperties = fields.filter(([, property]) => takesText(property, TEXT)).map(([name]) => name);
  const required = listOf(schema['required']);
  // Many documents state no required properties at all.
  const textProperty = textProperties.find((name) => required.length === 0 || required.includes(name));
  if (textProperty === undefined) throw new ContractError([`has no required property for a text of ${TEXT.length} characters`]);
  const parameters = parametersOf(document, list);
  const closed = fields.flatMap(([name, { enum: choices }]): [string, readonly unknown[]][] => (Array.isArray(choices) ? [[name, choices]] : []));
  const item = itemOf(document, found);
  return {
    ...found,
    name: withoutSlash(create.path).split('/').at(-1) ?? '',
    ...idOf(document, read, item),
    ownerProperty: item.map(([name]) => name).find((name) => /^((user|owner|account|tenant|author)(_?id)?|created_?by)$/i.test(name)) ?? 'user_id',
    ...listShapeOf(document, responseSchema(document, list, list.success), textProperty),
    textProperty,
    textProperties,
    variants: closed.flatMap(([name, values]) => values.map((value) => ({ [name]: value }))),
    references: [],
    lookups: lookupsOf(document, create, operations),
    queries: queriesOf(document, parameters, new Map(closed)),
    pageSize: pageSizeOf(parameters),
    pageStart: pageStartOf(parameters),
    search: [...parameters.keys()].find((name) => /^(search|q|query)$/i.test(name)),
  };
}

/** The properties of an object, as the response to a read or to the creation documents them. */
function itemOf(document: Json, { create, read }: Found): [string, Json][] {
  const [item = []] = [read, create]
    .map((operation) => propertiesOf(document, payloadSchema(document, responseSchema(document, operation, operation.success))))
    .filter(({ length }) => length > 0);
  return item;
}

function lookupsOf(document: Json, create: Operation, operations: readonly Operation[]): Resource['lookups'] {
  const collection = withoutSlash(create.path);
  return operations
    .filter(({ method, path, protected: isProtected }) => method === 'GET' && isProtected && path.startsWith(`${collection}/`))
    .filter(({ path }) => !path.slice(collection.length).includes('{'))
    .filter(({ path }) => path !== `${collection}/`)
    .map((operation) => ({
      operation,
      parameters: [...parametersOf(document, operation)].filter(([, { schema }]) => takesText(record(schema), TEXT)).map(([name]) => name),
    }));
}

function idOf(document: Json, read: Operation, item: readonly [string, Json][]): Pick<Resource, 'idProperty' | 'unknownId'> {
  const inPath = /\{([^{}]+)\}\/?$/.exec(read.path)?.[1] ?? 'id';
  const properties = new Map(item);
  const idProperty = ['id', inPath, '_id', 'uuid'].find((name) => properties.has(name)) ?? 'id';
  const { schema, ...parameter } = parametersOf(document, read).get(inPath) ?? {};
  const ofRead = new Map(propertiesOf(document, payloadSchema(document, responseSchema(document, read, read.success))));
  return { idProperty, unknownId: unknownId({ ...ofRead.get(idProperty), ...parameter, ...record(schema) }) };
}

function pageSizeOf(parameters: ReadonlyMap<string, Json>): Resource['pageSize'] {
  const name = [...parameters.keys()].find((each) => /^(per_?page|limit|page_?size|size)$/i.test(each));
  const most = record(parameters.get(name ?? '')?.['schema'])['maximum'];
  return name === undefined ? undefined : { name, most: typeof most === 'number' ? most : 100 };
}

/** Pages count from one, offsets from zero. */
function pageStartOf(parameters: ReadonlyMap<string, Json>): Resource['pageStart'] {
  const named = (pattern: RegExp): string | undefined => [...parameters.keys()].find((each) => pattern.test(each));
  const page = named(/^page(_?number)?$/i);
  if (page !== undefined) return { name: page, second: 2 };
  const offset = named(/^(offset|skip|start)$/i);
  return offset === undefined ? undefined : { name: offset, second: 1 };
}

function queriesOf(document: Json, parameters: ReadonlyMap<string, Json>, closed: ReadonlyMap<string, readonly unknown[]>): string[] {
  const filters = [...parameters].flatMap(([name, parameter]) => {
    const { enum: choices, items, ...schema } = record(parameter['schema']);
    const values = listOf(choices ?? resolve(document, items)['enum'] ?? (typeOf(schema) === 'boolean' ? [true, false] : closed.get(name)));
    return values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  });
  const [size, start] = [pageSizeOf(parameters), pageStartOf(parameters)];
  return start && size ? [...filters, `${start.name}=${start.second}&${size.name}=1`] : filters;
}

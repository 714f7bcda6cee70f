import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { record } from '../model/json.ts';
import { MARKER } from '../model/marker.ts';
import type { Operation, Reference, Resource } from './operations.ts';
import {
  bodySchema,
  type Json,
  list as listOf,
  parametersOf,
  propertiesOf,
  regExpOf,
  resolve,
  responseSchema,
  takesText,
  typeOf,
} from './openapi-document.ts';

/** As long as the texts of the audit, to exclude properties that are too short for them. */
const TEXT = `${MARKER}0123456789abcdef`;

/** The protected collections that can be created in, listed and read from by id. */
export function findResources(document: Json, operations: readonly Operation[]): Resource[] {
  const found = operations
    .filter(({ method, success, ...create }) => method === 'POST' && [200, 201].includes(success) && create.protected && !create.path.includes('{'))
    .flatMap((create) => {
      const listing = operations.find(({ method, path: at }) => method === 'GET' && at === create.path);
      const itemPath = new RegExp(`^${withoutSlash(create.path).replaceAll(/[^\w/]/g, '\\$&')}/\\{[^}]+\\}`);
      const onItem = operations.filter(({ path: at }) => itemPath.test(at));
      const read = onItem.find(({ method, path: at }) => method === 'GET' && /^[^{]*\{[^}]+\}\/?$/.test(at));
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
    .map(([property, schema]) => ({ property, isList: typeOf(schema) === 'array', parameters, to: name }));
}

function describe(document: Json, found: Pick<Resource, 'create' | 'list' | 'read' | 'onItem'>, operations: readonly Operation[]): Resource[] {
  const { create, list, read } = found;
  const schema = bodySchema(document, create);
  const fields = propertiesOf(document, schema);
  const textProperties = fields.filter(([, property]) => takesText(property, TEXT)).map(([name]) => name);
  const textProperty = textProperties.find((name) => listOf(schema['required']).includes(name));
  if (textProperty === undefined) return [];
  const page = propertiesOf(document, responseSchema(document, list, list.success));
  const item = propertiesOf(document, responseSchema(document, read, read.success));
  const parameters = parametersOf(document, list);
  const closed = fields.flatMap(([name, { enum: choices }]): [string, readonly unknown[]][] => (Array.isArray(choices) ? [[name, choices]] : []));
  return [
    {
      ...found,
      name: withoutSlash(create.path).split('/').at(-1) ?? '',
      ...idOf(document, read, item),
      ownerProperty: item.map(([name]) => name).find((name) => /^((user|owner|account|tenant|author)(_?id)?|created_?by)$/i.test(name)) ?? 'user_id',
      listProperty: page.find(([, property]) => typeOf(property) === 'array')?.[0],
      totalProperty: page.find(([name, property]) => typeOf(property) === 'integer' && /total|count/i.test(name))?.[0],
      textProperty,
      textProperties,
      variants: closed.flatMap(([name, values]) => values.map((value) => ({ [name]: value }))),
      references: [],
      lookups: lookupsOf(document, withoutSlash(create.path), operations),
      queries: queriesOf(document, parameters, new Map(closed)),
      pageSize: pageSizeOf(parameters),
      pageStart: pageStartOf(parameters),
      search: [...parameters.keys()].find((name) => /^(search|q|query)$/i.test(name)),
    },
  ];
}

/** Some frameworks have the collection with a trailing slash. */
function withoutSlash(path: string): string {
  return path.replace(/\/$/, '');
}

function lookupsOf(document: Json, collection: string, operations: readonly Operation[]): Resource['lookups'] {
  return operations
    .filter(({ method, path, protected: isProtected }) => method === 'GET' && isProtected && path.startsWith(`${collection}/`) && !path.includes('{'))
    .filter(({ path }) => path !== `${collection}/`)
    .map((operation) => ({
      operation,
      parameters: [...parametersOf(document, operation)].filter(([, { schema }]) => takesText(record(schema), TEXT)).map(([name]) => name),
    }));
}

function idOf(document: Json, read: Operation, item: readonly [string, Json][]): Pick<Resource, 'idProperty' | 'unknownId'> {
  const inPath = /\{([^}]+)\}/.exec(read.path)?.[1] ?? 'id';
  const properties = new Map(item);
  const idProperty = ['id', inPath, '_id', 'uuid'].find((name) => properties.has(name)) ?? 'id';
  const { schema, ...parameter } = parametersOf(document, read).get(inPath) ?? {};
  return { idProperty, unknownId: unknownId({ ...properties.get(idProperty), ...parameter, ...record(schema) }) };
}

const USUAL_LENGTH = 24;
/** Texts to try before the pattern counts as one that cannot be met. */
const TRIES = 200;

/**
 * A random id in the form of the contract; the API would reject another form without a lookup.
 * @throws {Error} where none is found, because nothing could be compared with an object that never existed
 */
function unknownId({ format, maximum, pattern, minLength = 0, maxLength = Infinity, example, ...schema }: Json): string {
  if (typeOf(schema) === 'integer') return String(Math.min(typeof maximum === 'number' ? maximum : Infinity, 2_147_483_647) - 1);
  if (format === 'uuid') return randomUUID();
  const [shown = example] = listOf(schema['examples']);
  const [shortest, longest] = [Math.max(1, Number(minLength)), Number(maxLength)];
  if (typeof pattern !== 'string')
    return typeof shown === 'string' ? similarTo(shown) : randomHex(Math.max(shortest, Math.min(longest, USUAL_LENGTH)));
  const similar = typeof shown === 'string' ? Array.from({ length: TRIES }, () => similarTo(shown)) : [];
  const candidates = [...similar.filter((each) => regExpOf(pattern).test(each)), ...textsOf(pattern)];
  const found = candidates.find((each) => each !== shown && shortest <= each.length && each.length <= longest);
  if (found !== undefined) return found;
  throw new Error(`Could not generate an id for the pattern ${pattern}. Give its parameter an example`);
}

/** Random texts that match the whole pattern, the longest first; none where it has an assertion that fast-check cannot generate. */
function textsOf(pattern: string): string[] {
  try {
    return fc.sample(fc.stringMatching(regExpOf(`^(?:${pattern})$`)), TRIES).toSorted((a, b) => b.length - a.length);
  } catch {
    return [];
  }
}

function randomHex(length: number): string {
  return randomBytes(length).toString('hex').slice(0, length);
}

/** The example with a random last word, digit for digit and letter for letter; what precedes it is a prefix. */
function similarTo(example: string): string {
  return example.replace(/[A-Za-z0-9]+$/, (word) =>
    word.replaceAll(/[0-9]|[a-z]|[A-Z]/g, (character) => {
      if (/[0-9]/.test(character)) return String(randomInt(10));
      const letter = String.fromCharCode(97 + randomInt(26));
      return /[A-Z]/.test(character) ? letter.toUpperCase() : letter;
    }),
  );
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

import { record } from '../model/json.ts';
import { payloadName } from '../model/payload.ts';

/** An OpenAPI document, read as data. */
export type Json = Readonly<Record<string, unknown>>;

/** The path and method of an operation, by which its schemas are found. */
export type Place = { path: string; method: string };

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The object itself; references are resolved. */
export function resolve(document: Json, value: unknown): Json {
  const reference = record(value)['$ref'];
  return typeof reference === 'string' ? resolve(document, referred(document, reference)) : record(value);
}

/** Whether the document has what a reference points to. */
export function isPresent(document: Json, reference: string): boolean {
  return referred(document, reference) !== undefined;
}

function referred(document: Json, reference: string): unknown {
  const steps = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
  const names = steps.map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.reduce<unknown>((node, name) => (Array.isArray(node) ? (node[Number(name)] as unknown) : record(node)[name]), document);
}

export function declared(document: Json, { path, method }: Place): Json {
  return record(record(record(document['paths'])[path])[method.toLowerCase()]);
}

/** Parameters of the operation and of its path, by name. */
export function parametersOf(document: Json, place: Place): ReadonlyMap<string, Json> {
  const shared = record(record(document['paths'])[place.path])['parameters'];
  const all = [...list(shared), ...list(declared(document, place)['parameters'])].map((parameter) => resolve(document, parameter));
  return new Map(all.map((parameter) => [String(parameter['name']), { ...parameter, schema: schemaAt(document, parameter['schema']) }]));
}

/** The schema of a JSON body; empty where there is none. */
export function bodySchema(document: Json, place: Place): Json {
  return schemaOf(document, resolve(document, declared(document, place)['requestBody']));
}

export function responseSchema(document: Json, place: Place, status: number): Json {
  return schemaOf(document, responseOf(document, place, status));
}

/** The documented response for a status: its own, that of its range, or the default one. */
export function responseOf(document: Json, place: Place, status: number): Json {
  const responses = record(declared(document, place)['responses']);
  const found = [String(status), `${String(status)[0]}XX`, `${String(status)[0]}xx`, 'default'].find((name) => name in responses);
  return resolve(document, responses[found ?? '']);
}

function schemaOf(document: Json, holder: Json): Json {
  return schemaAt(document, jsonContent(holder)['schema']);
}

/** The media type object for JSON, also of a vendor or with parameters; empty where there is none. */
export function jsonContent(holder: Json): Json {
  const types = Object.entries(record(holder['content']));
  const plain = types.find(([type]) => type === 'application/json');
  const [, found] = plain ?? types.find(([type]) => /^(application\/([\w.-]+\+)?json\b|\*\/\*)/i.test(type)) ?? [];
  return record(found);
}

/** A schema as one object: references are resolved, `allOf` is merged, and of `anyOf` or `oneOf` the first that is not null is taken. */
export function schemaAt(document: Json, value: unknown): Json {
  const schema = resolve(document, value);
  const chosen = [...list(schema['anyOf']), ...list(schema['oneOf'])].map((each) => resolve(document, each)).find(({ type }) => type !== 'null');
  const parts = [...list(schema['allOf']), ...(chosen === undefined ? [] : [chosen])].map((part) => schemaAt(document, part));
  return parts.reduce(
    (whole, part) => ({
      ...part,
      ...whole,
      properties: { ...record(part['properties']), ...record(whole['properties']) },
      required: [...list(whole['required']), ...list(part['required'])],
    }),
    schema,
  );
}

export function propertiesOf(document: Json, schema: Json): [string, Json][] {
  return Object.entries(record(schema['properties'])).map(([name, property]) => [name, schemaAt(document, property)]);
}

/** The schema of the object in an envelope; the schema itself where it is not one of an envelope. */
export function payloadSchema(document: Json, schema: Json): Json {
  const properties = propertiesOf(document, schema);
  const name = payloadName(properties.map(([each, inner]) => [each, typeOf(inner) === 'object']));
  const [, inner] = properties.find(([each]) => each === name) ?? [];
  return inner === undefined ? schema : payloadSchema(document, inner);
}

/** Texts for common formats. */
const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2030-01-01T00:00:00Z',
  date: '2030-01-01',
  time: '00:00:00Z',
  uuid: '00000000-0000-4000-8000-000000000000',
  email: 'audit@example.com',
  uri: 'https://example.com/',
};

/** The schema's own example, or the minimum that its required properties allow; undefined where there is no schema. */
export function sampleOf(document: Json, schema: Json): unknown {
  if (Object.keys(schema).length === 0) return undefined;
  const [example = schema['example']] = list(schema['examples']);
  if (example !== undefined) return example;
  if (schema['const'] !== undefined) return schema['const'];
  if (schema['default'] !== undefined) return schema['default'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  switch (typeOf(schema)) {
    case 'object': {
      const required = list(schema['required']);
      const needed = propertiesOf(document, schema).filter(([name]) => required.includes(name));
      return Object.fromEntries(needed.map(([name, property]) => [name, sampleOf(document, property)]));
    }
    case 'array': {
      // Read only where an item is required: a schema may contain an array of itself.
      const least = Number(schema['minItems'] ?? 0);
      return Array.from({ length: least }, () => sampleOf(document, schemaAt(document, schema['items'])));
    }
    case 'integer':
    case 'number':
      return typeof schema['exclusiveMinimum'] === 'number' ? schema['exclusiveMinimum'] + 1 : (schema['minimum'] ?? 1);
    case 'boolean':
      return true;
    default:
      return FORMATS[String(schema['format'])] ?? 'audit'.padEnd(Number(schema['minLength'] ?? 0), '-');
  }
}

/** A body that changes something: where nothing is required and there is no example, all text, enumerated and boolean properties. */
export function bodySample(document: Json, place: Place): unknown {
  const schema = bodySchema(document, place);
  const sample = sampleOf(document, schema);
  if (Object.keys(record(sample)).length > 0 || typeOf(schema) !== 'object') return sample;
  const chosen = propertiesOf(document, schema).filter(
    ([, property]) => takesText(property) || Array.isArray(property['enum']) || typeOf(property) === 'boolean',
  );
  return Object.fromEntries(chosen.map(([name, property]) => [name, sampleOf(document, property)]));
}

/** The type, without null. */
export function typeOf({ type, properties }: Json): unknown {
  return list(type).find((each) => each !== 'null') ?? type ?? (properties === undefined ? undefined : 'object');
}

/** Whether the schema allows this text: not enumerated, without a format, within its length and pattern. */
export function takesText(schema: Json, text = ''): boolean {
  const { enum: choices, const: only, format, maxLength = Infinity, minLength = 0, pattern } = schema;
  if (typeOf(schema) !== 'string' || choices !== undefined || only !== undefined || format !== undefined) return false;
  if (text === '') return true;
  return Number(minLength) <= text.length && text.length <= Number(maxLength) && (typeof pattern !== 'string' || regExpOf(pattern).test(text));
}

/** Patterns in JSON Schema are Unicode patterns; some generators write others. */
export function regExpOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return new RegExp(pattern);
  }
}

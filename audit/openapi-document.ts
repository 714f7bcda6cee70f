/** An OpenAPI document, read as data. */
export type Json = Readonly<Record<string, unknown>>;

/** What of an operation is needed to find its schemas. */
type Place = { path: string; method: string };

export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The object itself, wherever it stands: references are followed. */
export function resolve(document: Json, value: unknown): Json {
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

export function declared(document: Json, { path, method }: Place): Json {
  return object(object(object(document['paths'])[path])[method.toLowerCase()]);
}

/** Parameters of the operation and of its path, by name. */
export function parametersOf(document: Json, place: Place): ReadonlyMap<string, Json> {
  const shared = object(object(document['paths'])[place.path])['parameters'];
  const all = [...list(shared), ...list(declared(document, place)['parameters'])].map((parameter) => resolve(document, parameter));
  return new Map(all.map((parameter) => [String(parameter['name']), { ...parameter, schema: resolve(document, parameter['schema']) }]));
}

/** The schema of a JSON body; empty where there is none. */
export function bodySchema(document: Json, place: Place): Json {
  return schemaOf(document, resolve(document, declared(document, place)['requestBody']));
}

export function responseSchema(document: Json, place: Place, status: number): Json {
  return schemaOf(document, resolve(document, object(declared(document, place)['responses'])[String(status)]));
}

function schemaOf(document: Json, holder: Json): Json {
  return resolve(document, object(object(holder['content'])['application/json'])['schema']);
}

export function propertiesOf(document: Json, schema: Json): [string, Json][] {
  return Object.entries(object(schema['properties'])).map(([name, property]) => [name, resolve(document, property)]);
}

/** The schema's own example, or the least that its required properties allow; undefined where there is no schema. */
export function sampleOf(document: Json, schema: Json): unknown {
  if (Object.keys(schema).length === 0) return undefined;
  const [example] = list(schema['examples']);
  if (example !== undefined) return example;
  if (schema['default'] !== undefined) return schema['default'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  switch (schema['type']) {
    case 'object': {
      const required = list(schema['required']);
      const needed = propertiesOf(document, schema).filter(([name]) => required.includes(name));
      return Object.fromEntries(needed.map(([name, property]) => [name, sampleOf(document, property)]));
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

/** Whether free text fits: no choice among few, no format. */
export function takesText({ type, enum: choices, format, anyOf }: Json): boolean {
  const isText = type === 'string' || list(type).includes('string') || list(anyOf).some((option) => object(option)['type'] === 'string');
  return isText && choices === undefined && format === undefined;
}

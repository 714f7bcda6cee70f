import fc from 'fast-check';
import * as z from 'zod/v4';
import { type JsonSchema, type Operation, type Parameter, resolve, validator } from './documented.ts';

/** Ids of tasks and of tags in a database that only these requests write to. New objects get higher ids. */
export const IDS = {
  /** The caller's, never deleted. */
  permanent: { min: 1, max: 200 },
  /** The caller's, for deletion. */
  deletable: { min: 201, max: 1_200 },
  /** Another user's, who sends no requests. */
  bystander: { min: 1_201, max: 1_210 },
  /** The fuzzing user's. */
  fuzzer: { min: 1_211, max: 1_260 },
  /** Nonexistent. */
  unknown: { min: 1_000_000_000, max: 2_147_483_647 },
};
type Range = (typeof IDS)[keyof typeof IDS];

export const isIn = ({ min, max }: Range, id: number): boolean => id >= min && id <= max;

/** A request with documented parameters, whose values may be valid or invalid. */
export type ValidRequest = { id: string; query: readonly [name: string, text: string][]; body?: unknown; key?: string };

const keywords = z.strictObject({
  type: z.enum(['string', 'integer', 'boolean', 'array', 'object', 'null']).optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.record(z.string(), z.unknown())).optional(),
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  required: z.array(z.string()).default([]),
  additionalProperties: z.literal(false).optional(),
  items: z.record(z.string(), z.unknown()).default({}),
  minimum: z.int().default(0),
  maximum: z.int().default(100),
  minItems: z.int().default(0),
  maxItems: z.int().default(10),
  minLength: z.int().default(0),
  maxLength: z.int().optional(),
  pattern: z.string().default(''),
  default: z.unknown(),
  description: z.unknown(),
  examples: z.unknown(),
});

/** Values that the schema permits. */
function valuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { type, enum: choices, anyOf, ...bounds } = keywords.parse(resolve(schema));
  if (choices !== undefined) return fc.constantFrom(...choices);
  if (anyOf !== undefined) return fc.oneof(...anyOf.map(valuesOf));
  switch (type) {
    case 'integer':
      return fc.integer({ min: bounds.minimum, max: bounds.maximum });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valuesOf(bounds.items), { minLength: bounds.minItems, maxLength: bounds.maxItems });
    case 'object': {
      const properties = Object.entries(bounds.properties).map(([name, property]) => [name, valuesOf(property)] as const);
      return fc.record(Object.fromEntries(properties), { requiredKeys: bounds.required });
    }
    case 'string':
      return textsOf(bounds).filter((text) => validator(schema)(text));
    default:
      return fc.constant(null);
  }
}

function textsOf({ minLength, maxLength, pattern }: Pick<z.infer<typeof keywords>, 'minLength' | 'maxLength' | 'pattern'>): fc.Arbitrary<string> {
  if (maxLength === undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.oneof(
    { weight: 5, arbitrary: fc.string({ unit: 'grapheme', minLength, maxLength }) },
    { weight: 3, arbitrary: fc.string({ unit: 'binary', minLength, maxLength }) },
    { weight: 1, arbitrary: fc.constantFrom('x', 'É', '\u{1f95b}', '\u1e9e').map((character) => character.repeat(maxLength)) },
  );
}

const HALF = '\ud83e';
export const AWKWARD = [
  '',
  ' ',
  '\0',
  HALF,
  '\ufeff',
  '__proto__',
  'constructor',
  'NaN',
  'null',
  '1e3',
  '0x10',
  '-0',
  '\u0130'.repeat(50),
  ' x '.repeat(70),
];
const awkwardJson = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(...AWKWARD, 0, -1, 1.5, 2 ** 53, 1e300, 'x'.repeat(1_001)));

/** Bodies, most of which match the schema. The others have one additional, missing or invalid property, or are not objects. */
function bodiesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const valid = valuesOf(schema).map(withKnownTags);
  const { properties } = keywords.parse(resolve(schema));
  const names = fc.constantFrom(...Object.keys(properties), 'user_id', '__proto__', 'constructor', HALF, '');
  const values = fc.oneof(awkwardJson, fc.constant(undefined));
  return fc
    .oneof(
      { weight: 7, arbitrary: valid },
      { weight: 2, arbitrary: fc.tuple(valid, names, values).map(([body, name, value]) => ({ ...z.looseObject({}).parse(body), [name]: value })) },
      { weight: 1, arbitrary: awkwardJson },
    )
    .map((body) => JSON.parse(JSON.stringify(body)));
}

/** Most ids that a schema permits do not exist. */
function withKnownTags(body: unknown): unknown {
  const { data } = z.looseObject({ tag_ids: z.array(z.int()) }).safeParse(body);
  if (data === undefined) return body;
  return { ...data, tag_ids: data.tag_ids.map((id) => (id % 20 === 0 ? id : (id % IDS.permanent.max) + 1)) };
}

/** Queries with some of the parameters, most of them with a permitted value. */
function queriesOf(parameters: readonly Parameter[]): fc.Arbitrary<[string, string][]> {
  const pairs = parameters.map(({ name, schema }) => {
    const value = fc.oneof(
      { weight: 20, arbitrary: valuesOf(schema).map((allowed) => (Array.isArray(allowed) ? allowed.join(',') : String(allowed))) },
      { weight: 1, arbitrary: fc.oneof(fc.constantFrom(...AWKWARD), fc.string(), fc.integer().map(String)) },
    );
    return value.map((text): [string, string] => [name, text]);
  });
  const unknown = fc.tuple(fc.constantFrom('unknown', 'user_id', '__proto__', 'page[]'), fc.string());
  return fc.tuple(...[...pairs, unknown].map((pair) => fc.option(pair, { freq: 2 }))).map((some) => some.filter((pair) => pair !== null));
}

const idsIn = (range: Range): fc.Arbitrary<string> => fc.integer(range).map(String);

export function validRequests({ method, parameters, body }: Operation): fc.Arbitrary<ValidRequest> {
  const of = (place: Parameter['in']): Parameter[] => parameters.filter((parameter) => parameter.in === place);
  return fc
    .record({
      id: fc.oneof(
        { weight: 16, arbitrary: idsIn(method === 'DELETE' ? IDS.deletable : IDS.permanent) },
        { weight: 1, arbitrary: idsIn(IDS.bystander) },
        { weight: 1, arbitrary: idsIn(IDS.unknown) },
        {
          weight: 1,
          arbitrary: fc.constantFrom('0', '-1', '1.5', '1e3', '0x10', 'NaN', '2147483648', '9'.repeat(400), '%00', '%2f', '%F0%9F%A5%9B', '..'),
        },
      ),
      query: queriesOf(of('query')),
      body: body === undefined ? fc.constant(undefined) : bodiesOf(body),
      key: of('header').length === 0 ? fc.constant(undefined) : fc.option(valuesOf(of('header')[0]?.schema ?? {}), { nil: undefined, freq: 2 }),
    })
    .map(({ id, query, body: sent, key }) => ({
      id,
      query,
      ...(sent !== undefined && { body: sent }),
      ...(typeof key === 'string' && { key }),
    }));
}

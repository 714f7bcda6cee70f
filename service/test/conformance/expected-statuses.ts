import * as z from 'zod/v4';
import { type JsonSchema, type Operation, validator } from './documented.ts';
import { IDS, isIn, type ValidRequest } from './valid-requests.ts';

type Verdict = 'valid' | 'invalid' | 'depends';

const anyObject = z.looseObject({});
const withTags = z.looseObject({ tag_ids: z.array(z.int()) });
const anySchema = z.record(z.string(), z.unknown());

/** The value of a parameter's text in OpenAPI. */
function valueOf(schema: JsonSchema, text: string): unknown {
  if (schema['type'] === 'integer' && /^-?\d+$/.test(text)) return Number(text);
  if (schema['type'] === 'boolean') return { true: true, false: false }[text] ?? text;
  if (schema['type'] === 'array') return text.split(',').map((item) => valueOf(anySchema.parse(schema['items']), item));
  return text;
}

/** The text after the service's normalization, to which length limits apply. The contract can only describe the text as sent. */
function normalize(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (name === 'title') return value.trim();
  return name === 'name' || name === 'q' ? value.trim().toLowerCase().normalize('NFC') : value;
}

function judge(schema: JsonSchema, asSent: unknown, normalized: unknown): Verdict {
  const verdict = validator(schema)(asSent);
  return verdict === validator(schema)(normalized) ? (verdict ? 'valid' : 'invalid') : 'depends';
}

function judgeBody(schema: JsonSchema, body: unknown): Verdict {
  // JSON Schema cannot express half of a surrogate pair.
  if (/\\ud[89a-f]/.test(JSON.stringify(body))) return 'invalid';
  if (Array.isArray(body)) return 'invalid';
  const normalized = Object.entries(anyObject.parse(body)).map(([name, value]) => [name, normalize(name, value)]);
  return judge(schema, body, Object.fromEntries(normalized));
}

function judgeTags(body: unknown): Verdict {
  const { data } = withTags.safeParse(body);
  const ids = data?.tag_ids ?? [];
  if (ids.some((id) => [IDS.unknown, IDS.bystander, IDS.fuzzer].some((range) => isIn(range, id)))) return 'invalid';
  return ids.every((id) => isIn(IDS.permanent, id)) ? 'valid' : 'depends';
}

/** The statuses that the contract permits for the request. */
export function expectedStatuses(operation: Operation, { id, query, body }: ValidRequest): number[] {
  const done = Object.keys(operation.responses)
    .map(Number)
    .filter((status) => status < 300);
  const size = Buffer.byteLength(JSON.stringify(body) ?? '');
  if (size > 16_384) return [413];
  if (body !== undefined && (typeof body !== 'object' || body === null)) return [400];
  const verdicts: Verdict[] = query.map(([name, text]) => {
    const schema = operation.parameters.find((parameter) => parameter.in === 'query' && parameter.name === name)?.schema;
    return schema === undefined ? 'valid' : judge(schema, valueOf(schema, text), normalize(name, valueOf(schema, text)));
  });
  if (operation.body !== undefined) verdicts.push(judgeBody(operation.body, body));
  const place = operation.parameters.find((parameter) => parameter.in === 'path')?.schema;
  if (place !== undefined) verdicts.push(validator(place)(valueOf(place, id)) ? 'valid' : 'invalid');
  if (verdicts.includes('invalid')) return [422];
  const may = verdicts.includes('depends') ? [422] : [];
  if (place !== undefined && !isIn(IDS.permanent, Number(id))) return isIn(IDS.deletable, Number(id)) ? [...done, 404] : [404, ...may];
  const tags = judgeTags(body);
  if (tags === 'invalid') return [422];
  // The name may exist.
  return [...done, ...may, ...(tags === 'depends' ? [422] : []), ...(operation.name === 'createTag' ? [409] : [])];
}

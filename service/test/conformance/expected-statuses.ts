import * as z from 'zod/v4';
import { type JsonSchema, type Operation, validator } from './documented.ts';
import { IDS, isIn, type OrderlyRequest } from './valid-requests.ts';

type Verdict = 'valid' | 'invalid' | 'depends';

/** What OpenAPI reads from the text of a parameter. */
function valueOf(schema: JsonSchema, text: string): unknown {
  if (schema['type'] === 'integer' && /^-?\d+$/.test(text)) return Number(text);
  if (schema['type'] === 'boolean') return { true: true, false: false }[text] ?? text;
  if (schema['type'] === 'array') return text.split(',').map((item) => valueOf(z.record(z.string(), z.unknown()).parse(schema['items']), item));
  return text;
}

/** The text as the service keeps it, or looks for it: bounds are those of that form, while the contract can only speak of what is sent. */
function keptForm(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (name === 'title') return value.trim();
  return name === 'name' || name === 'q' ? value.trim().toLowerCase().normalize('NFC') : value;
}

function judge(schema: JsonSchema, asSent: unknown, asKept: unknown): Verdict {
  const verdict = validator(schema)(asSent);
  return verdict === validator(schema)(asKept) ? (verdict ? 'valid' : 'invalid') : 'depends';
}

function judgeBody(schema: JsonSchema, body: unknown): Verdict {
  // JSON Schema has no word for half of a surrogate pair.
  if (/\\ud[89a-f]/.test(JSON.stringify(body))) return 'invalid';
  if (Array.isArray(body)) return 'invalid';
  const kept = Object.entries(z.looseObject({}).parse(body)).map(([name, value]) => [name, keptForm(name, value)]);
  return judge(schema, body, Object.fromEntries(kept));
}

function judgeTags(body: unknown): Verdict {
  const { data } = z.looseObject({ tag_ids: z.array(z.int()) }).safeParse(body);
  const ids = data?.tag_ids ?? [];
  if (ids.some((id) => [IDS.unknown, IDS.foreign, IDS.careless].some((range) => isIn(range, id)))) return 'invalid';
  return ids.every((id) => isIn(IDS.lasting, id)) ? 'valid' : 'depends';
}

/** What the contract makes of the request: the statuses of which one must be answered. */
export function foresee(operation: Operation, { id, query, body }: OrderlyRequest): number[] {
  const done = Object.keys(operation.responses)
    .map(Number)
    .filter((status) => status < 300);
  const size = Buffer.byteLength(JSON.stringify(body) ?? '');
  if (size > 16_384) return [413];
  if (body !== undefined && (typeof body !== 'object' || body === null)) return [400];
  const verdicts: Verdict[] = query.map(([name, text]) => {
    const schema = operation.parameters.find((parameter) => parameter.in === 'query' && parameter.name === name)?.schema;
    return schema === undefined ? 'valid' : judge(schema, valueOf(schema, text), keptForm(name, valueOf(schema, text)));
  });
  if (operation.body !== undefined) verdicts.push(judgeBody(operation.body, body));
  const place = operation.parameters.find((parameter) => parameter.in === 'path')?.schema;
  if (place !== undefined) verdicts.push(validator(place)(valueOf(place, id)) ? 'valid' : 'invalid');
  if (verdicts.includes('invalid')) return [422];
  const may = verdicts.includes('depends') ? [422] : [];
  if (place !== undefined && !isIn(IDS.lasting, Number(id))) return isIn(IDS.fleeting, Number(id)) ? [...done, 404] : [404, ...may];
  const tags = judgeTags(body);
  if (tags === 'invalid') return [422];
  // A name may be taken.
  return [...done, ...may, ...(tags === 'depends' ? [422] : []), ...(operation.name === 'createTag' ? [409] : [])];
}

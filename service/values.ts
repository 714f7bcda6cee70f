import * as z from 'zod/v4';

/** Ids and sizes; PostgreSQL's integer is the widest. In a path or query they arrive as text, of which Number() alone would also read 0x10, 1e3 and blanks. */
export const MAX_ID = 2_147_483_647;

export function integerText(min: number, max: number): z.ZodType<number> {
  return z.preprocess((value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value), z.int().min(min).max(max));
}

/** The parameters of every list that comes in pages, counted from 1. */
export const pageParameters = {
  page: integerText(1, 1_000_000).default(1),
  per_page: integerText(1, 100).default(20),
};

export const flagText = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

/** A comma list in a query: what OpenAPI calls an array that does not explode. */
export function listText<Item extends z.ZodType>(item: Item, maxItems: number): z.ZodType<z.infer<Item>[]> {
  return z.preprocess((value) => (typeof value === 'string' ? value.split(',') : null), z.array(item).min(1).max(maxItems));
}

/** How a text is written before it is measured and kept. */
type Form = (text: z.ZodString) => z.ZodString;

/**
 * Text that PostgreSQL can store: without NUL and lone surrogates. Lengths are in code points, as JSON Schema and
 * PostgreSQL count them; JavaScript counts an emoji twice.
 */
export function text(min: number, max: number, form: Form = (plain) => plain): z.ZodString {
  return bounded(form(z.string()), min, max).meta({ minLength: min, maxLength: max, pattern: '^[^\\u0000]*$' });
}

/** Text of a single name: trimmed, and something is left. */
export function name(max: number, form: Form = (trimmed) => trimmed): z.ZodString {
  return bounded(form(z.string().trim()), 1, max).meta({
    description: 'Kept without white space around it, and counted so',
    minLength: 1,
    maxLength: max,
    pattern: '^[^\\u0000]*[^\\u0000\\s][^\\u0000]*$',
  });
}

function bounded(base: z.ZodString, min: number, max: number): z.ZodString {
  return base
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'must not contain NUL or half of a surrogate pair')
    .refine((value) => isBetween(Array.from(value).length, min, max), `must have ${min} to ${max} characters`);
}

function isBetween(length: number, min: number, max: number): boolean {
  return length >= min && length <= max;
}

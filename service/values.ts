import * as z from 'zod/v4';

/** The maximum of PostgreSQL's integer. */
export const MAX_ID = 2_147_483_647;

/** An integer in a path or a query. Number() alone also accepts 0x10, 1e3 and blanks. */
export function integerText(min: number, max: number): z.ZodType<number> {
  return z.preprocess((value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value), z.int().min(min).max(max));
}

/** Query parameters of paginated lists. */
export const pageParameters = {
  page: integerText(1, 1_000_000).default(1),
  per_page: integerText(1, 100).default(20),
};

export const flagText = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

/** A comma-separated list in a query (in OpenAPI: an array with `explode: false`). */
export function listText<Item extends z.ZodType>(item: Item, maxItems: number): z.ZodType<z.infer<Item>[]> {
  return z.preprocess((value) => (typeof value === 'string' ? value.split(',') : null), z.array(item).min(1).max(maxItems));
}

/** Normalizes a text before its length is checked. */
type Form = (text: z.ZodString) => z.ZodString;

/**
 * Text that PostgreSQL can store: no NUL, no lone surrogates. Lengths are in code points, as in JSON Schema and PostgreSQL, while
 * JavaScript counts an emoji as two.
 */
export function text(min: number, max: number, form: Form = (plain) => plain): z.ZodString {
  return bounded(form(z.string()), min, max).meta({ minLength: min, maxLength: max, pattern: '^[^\\u0000]*$' });
}

/** A name: trimmed, not empty. */
export function name(max: number, form: Form = (trimmed) => trimmed): z.ZodString {
  return bounded(form(z.string().trim()), 1, max).meta({
    description: 'Trimmed before its length is checked',
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

import { type RawBuilder, sql } from 'kysely';

/** A LIKE pattern that finds the literal text: `%` and `_` have no special meaning. */
export function containing(text: string): string {
  return `%${escapeLike(text)}%`;
}

/** Whether an index of trigrams (pg_trgm) can find the text in every locale: by three letters or digits in a row. */
export function hasTrigram(text: string): boolean {
  return /[a-z0-9]{3}/i.test(text);
}

export function beginningWith(text: string): string {
  return `${escapeLike(text)}%`;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

/** Sorts A next to a and é next to e. Databases on Neon sort by code point. */
export function inDictionaryOrder(column: string): RawBuilder<string> {
  return sql<string>`${sql.ref(column)} collate "und-x-icu"`;
}

/** A timestamptz in UTC with microseconds, in any time zone of the session. */
export function asRfc3339(column: string): RawBuilder<string> {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

declare const meaning: unique symbol;

/** JSON that is sent as PostgreSQL wrote it, without parsing and serializing it again. */
export type Json<T> = string & { readonly [meaning]: T };

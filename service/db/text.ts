import { type RawBuilder, sql } from 'kysely';

/** A LIKE pattern that finds the text as it stands: `%` and `_` in it mean themselves. */
export function containing(text: string): string {
  return `%${escaped(text)}%`;
}

export function beginningWith(text: string): string {
  return `${escaped(text)}%`;
}

/** Orders text as people expect in any language: A beside a, é beside e. Databases on Neon order by code point. */
export function inDictionaryOrder(column: string): RawBuilder<string> {
  return sql<string>`${sql.ref(column)} collate "und-x-icu"`;
}

/** A timestamptz in UTC, to the microsecond, whatever the time zone of the session. */
export function asRfc3339(column: string): RawBuilder<string> {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

declare const meaning: unique symbol;

/** JSON that is sent as PostgreSQL wrote it, without being read and written anew. */
export type Json<T> = string & { readonly [meaning]: T };

function escaped(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

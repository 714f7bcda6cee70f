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

function escaped(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

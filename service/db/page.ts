import { type AliasedExpression, type Compilable, type Expression, sql } from 'kysely';
import type { Db } from './database.ts';
import type { Json } from './text.ts';

/** Counted from 1. */
export type Page = { page: number; per_page: number };

/** Which rows of all a page has. */
export type Window = { limit: number; offset: number };

/** What a page holds, and how many rows all pages have. */
export type Listed<Item> = { items: Json<Item[]>; total: string };

type Rows<Item> = { as(alias: 'page'): AliasedExpression<{ item: Item }, 'page'> };

export function windowOf({ page, per_page }: Page): Window {
  return { limit: per_page, offset: (page - 1) * per_page };
}

/**
 * Selects a page as one row, of which PostgreSQL makes the JSON.
 * @param rows of this page, in order, each item as JSON
 * @param count of all pages; asked for only where the page does not tell: where it is full, or empty and not the first
 */
export function selectPage<Item>(db: Db, rows: Rows<Item>, { limit, offset }: Window, count: Expression<unknown>): Compilable<Listed<Item>> {
  const listed = db
    .selectFrom(rows.as('page'))
    .select((eb) => [sql<Json<Item[]>>`coalesce(json_agg(item), '[]')::text`.as('items'), eb.fn.countAll().as('found')]);
  const total = sql<string>`case when found < ${limit} and (found > 0 or ${offset} = 0) then ${offset} + found else coalesce(${count}, 0) end`;
  return db.selectFrom(listed.as('listed')).select(['items', total.as('total')]);
}

/** The page as it is answered: the JSON of its items is sent as it came. */
export function asJson<Name extends string, Item>(
  name: Name,
  { page, per_page }: Page,
  [listed]: readonly Listed<Item>[],
): Json<Record<Name, Item[]> & { total: number } & Page> {
  if (listed === undefined) throw new Error('a page is always one row');
  return `{"${name}":${listed.items},"total":${listed.total},"page":${page},"per_page":${per_page}}` as Json<never>;
}

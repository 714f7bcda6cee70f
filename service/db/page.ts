import { type AliasedExpression, type Compilable, type Expression, sql } from 'kysely';
import type { Db } from './database.ts';
import type { Json } from './text.ts';

/** Pages are numbered from 1. */
export type Page = { page: number; per_page: number };

export type Window = { limit: number; offset: number };

/** The items of one page, and the number of rows on all pages. */
export type Listed<Item> = { items: Json<Item[]>; total: string };

type Rows<Item> = { as(alias: 'page'): AliasedExpression<{ item: Item }, 'page'> };

export function windowOf({ page, per_page }: Page): Window {
  return { limit: per_page, offset: (page - 1) * per_page };
}

/**
 * Selects a page as one row, whose JSON PostgreSQL builds.
 * @param rows of this page, in order, each item as JSON
 * @param count of all rows; evaluated only if the page does not determine it: if it is full, or empty and not the first
 */
export function selectPage<Item>(db: Db, rows: Rows<Item>, { limit, offset }: Window, count: Expression<unknown>): Compilable<Listed<Item>> {
  const listed = db
    .selectFrom(rows.as('page'))
    .select((eb) => [sql<Json<Item[]>>`coalesce(json_agg(item), '[]')::text`.as('items'), eb.fn.countAll().as('found')]);
  const total = sql<string>`case when found < ${limit} and (found > 0 or ${offset} = 0) then ${offset} + found else coalesce(${count}, 0) end`;
  return db.selectFrom(listed.as('listed')).select(['items', total.as('total')]);
}

/** The response body. The JSON of the items stays as PostgreSQL wrote it. */
export function asJson<Name extends string, Item>(
  name: Name,
  { page, per_page }: Page,
  [listed]: readonly Listed<Item>[],
): Json<Record<Name, Item[]> & { total: number } & Page> {
  if (listed === undefined) throw new Error('A page is always one row');
  return `{"${name}":${listed.items},"total":${listed.total},"page":${page},"per_page":${per_page}}` as Json<never>;
}

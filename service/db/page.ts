import type { SelectQueryBuilder } from 'kysely';
import type { Schema } from './schema.ts';

export type Page = { page: number; per_page: number };

/** The rows of one page (counted from 1), and how many all pages have. One row more is asked for: only where there is one, or none at all, a second query has to count. */
export async function readPage<Tables extends keyof Schema, Row>(
  query: SelectQueryBuilder<Schema, Tables, Row>,
  { page, per_page }: Page,
): Promise<{ rows: Row[]; total: number }> {
  const offset = (page - 1) * per_page;
  const found = await query
    .limit(per_page + 1)
    .offset(offset)
    .execute();
  const rows = found.slice(0, per_page);
  const isLast = found.length <= per_page && (found.length > 0 || page === 1);
  if (isLast) return { rows, total: offset + rows.length };
  const counted = await query
    .clearSelect()
    .clearOrderBy()
    .select((eb) => eb.fn.countAll<string>().as('total'))
    .executeTakeFirstOrThrow();
  return { rows, total: Number(counted.total) };
}

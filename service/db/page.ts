import type { SelectQueryBuilder } from 'kysely';
import type { Schema } from './schema.ts';

export type Page = { page: number; per_page: number };

/** The rows of one page (counted from 1), and how many all pages have. Only a full or an empty page needs a second query to count. */
export async function readPage<Tables extends keyof Schema, Row>(
  query: SelectQueryBuilder<Schema, Tables, Row>,
  { page, per_page }: Page,
): Promise<{ rows: Row[]; total: number }> {
  const offset = (page - 1) * per_page;
  const rows = await query.limit(per_page).offset(offset).execute();
  const isLast = rows.length < per_page && (rows.length > 0 || page === 1);
  if (isLast) return { rows, total: offset + rows.length };
  const counted = await query
    .clearSelect()
    .clearOrderBy()
    .select((eb) => eb.fn.countAll<string>().as('total'))
    .executeTakeFirstOrThrow();
  return { rows, total: Number(counted.total) };
}

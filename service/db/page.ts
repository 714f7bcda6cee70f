/** Counted from 1. */
export type Page = { page: number; per_page: number };

/** Which rows of all a page has. */
export type Window = { limit: number; offset: number };

/** The rows of one page, and how many all pages have. One row more is asked for: only where there is one, or none at all, a second query has to count. */
export async function readPage<Row>(
  { page, per_page }: Page,
  read: (window: Window) => Promise<Row[]>,
  count: () => Promise<{ total: unknown }[]>,
): Promise<{ rows: Row[]; total: number }> {
  const offset = (page - 1) * per_page;
  const found = await read({ limit: per_page + 1, offset });
  const rows = found.slice(0, per_page);
  const isLast = found.length <= per_page && (found.length > 0 || page === 1);
  if (isLast) return { rows, total: offset + rows.length };
  const [counted] = await count();
  return { rows, total: Number(counted?.total ?? 0) };
}

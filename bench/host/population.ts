import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import { withConnection } from '../../rehearsal/stand-ins/postgres/query.ts';

/** Users with the same number of tasks each. */
export type Population = {
  /** Distinguishes its users from those of other populations. */
  readonly kind: string;
  readonly users: number;
  readonly tasksEach: number;
};

/** The data of all load measurements: 100,000 tasks of 5,000 users. */
export const STANDARD: Population = { kind: 'standard', users: 5_000, tasksEach: 20 };

/** A word in the description of a quarter of each user's tasks. */
export const FREQUENT_WORD = 'invoice';
/** A word in one task of each user, or in one of 6,000. */
export const RARE_WORD = 'zeppelin';

const TAGS_EACH = 5;

/** The id of a population's user, counted from 0: 32 characters, as in Better Auth. */
export function userId({ kind }: Population, index: number): string {
  return createHash('md5').update(`${kind} ${index}`).digest('hex');
}

/** The id of one of a user's tasks, both counted from 0, in the population that was created first. */
export function taskId({ tasksEach }: Population, user: number, task: number): number {
  return user * tasksEach + task + 1;
}

/**
 * Fills an empty, migrated database with the same rows and ids each time. Each user has 5 tags, each task 0 to 3 of them.
 * Times are whole seconds, so that a driver with millisecond precision loses nothing.
 */
export async function fill(databaseUrl: string, populations: readonly Population[]): Promise<void> {
  await withConnection(databaseUrl, async (client) => {
    // The role's limits are meant for requests.
    await client.query('set statement_timeout = 0');
    for (const { kind, users, tasksEach } of populations) {
      const tags = await nextId(client, 'tags');
      const tasks = await nextId(client, 'tasks');
      await client.query(TAGS, [kind, users, tags]);
      await client.query(TASKS, [kind, users, tasksEach, tasks]);
      await client.query(TASK_TAGS, [kind, users, tasksEach, tasks, tags]);
      for (const table of ['tags', 'tasks']) {
        await client.query(`select setval(pg_get_serial_sequence($1, 'id'), (select max(id) from ${table}))`, [table]);
      }
    }
    // Otherwise autovacuum would run during a measurement.
    await client.query('vacuum (analyze) tags, tasks, task_tags, task_counts');
  });
}

async function nextId(client: Client, table: 'tags' | 'tasks'): Promise<number> {
  const { rows } = await client.query<{ next: number }>(`select coalesce(max(id), 0) + 1 as next from ${table}`);
  return rows[0]?.next ?? 1;
}

const TAGS = `
  insert into tags (id, user_id, name) overriding system value
  select $3::int + u * ${TAGS_EACH} + t, md5($1::text || ' ' || u), (array['home', 'work', 'errand', 'later', 'waiting'])[t + 1]
  from generate_series(0, $2::int - 1) u, generate_series(0, ${TAGS_EACH} - 1) t order by 1`;

const TASKS = `
  insert into tasks (id, user_id, title, description, completed, priority, created_at, updated_at) overriding system value
  select $4::int + u * $3::int + n, md5($1::text || ' ' || u),
    (array['Call', 'Write to', 'Pay', 'Order from', 'Meet'])[n % 5 + 1] || ' supplier ' || (u * 31 + n * 17) % 1000,
    case when n % 7 = 6 then null else 'Mention the ' || (array['contract', '${FREQUENT_WORD}', 'delivery', 'sample'])[n % 4 + 1]
      || ' of last month and ask for an answer ' || case when n % 6000 = 5 then 'by ${RARE_WORD}' else 'in writing' end end,
    n % 3 = 0, (array['high', 'medium', 'low'])[(u + n) % 3 + 1],
    timestamptz '2026-01-01 00:00:00+00' + (u % 3600 + n * 3600) * interval '1 second',
    timestamptz '2026-02-01 00:00:00+00' + (u % 3600 + n * 60) * interval '1 second'
  from generate_series(0, $2::int - 1) u, generate_series(0, $3::int - 1) n order by 1`;

const TASK_TAGS = `
  insert into task_tags (user_id, task_id, tag_id)
  select md5($1::text || ' ' || u), $4::int + u * $3::int + n, $5::int + u * ${TAGS_EACH} + (n + t) % ${TAGS_EACH}
  from generate_series(0, $2::int - 1) u, generate_series(0, $3::int - 1) n, generate_series(1, n % 4) t order by 2`;

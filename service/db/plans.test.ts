import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import * as z from 'zod/v4';
import { runOnce } from '../idempotency.ts';
import { createTag, deleteTag, listTags, readTag, suggestTags } from '../tags/queries.ts';
import { createTask, deleteTask, listTasks, readTask, toggleTask, updateTask } from '../tasks/queries.ts';
import { taskFilter } from '../tasks/schema.ts';
import { queryOnce } from '../../rehearsal/stand-ins/postgres/query.ts';
import { createTestDatabase } from '../test/databases.ts';
import type { Db } from './database.ts';
import type { Schema } from './schema.ts';

const USERS = 1_000;
const TASKS = 100_000;
const OWNER = 'user 500';
/** An owner of many tasks. */
const BUSY = 'a busy user';

let pool: pg.Pool;
let db: Db;
let sent: CompiledQuery[] = [];
/** A task and a tag of the owner. */
let taskId: number;
let tagId: number;

before(async () => {
  const database = await createTestDatabase();
  const patient = new URL(database.url);
  // Inserting this many rows may take longer than the time limits of requests.
  patient.searchParams.set('options', '-c statement_timeout=0');
  const seed = (statement: string, values?: unknown[]): Promise<unknown> => queryOnce(patient.href, statement, values);
  await seed("insert into tags (user_id, name) select 'user ' || n % $1, 'tag ' || n from generate_series(1, $1 * 10) n", [USERS]);
  await seed(
    `insert into tasks (user_id, title, description, completed, priority, created_at)
     select 'user ' || n % $1, 'task ' || n, 'what ' || n, n % 3 = 0, (array['high', 'medium', 'low'])[n % 3 + 1], now() - n * interval '1 minute'
     from generate_series(1, $2::int) n`,
    [USERS, TASKS],
  );
  await seed(
    `insert into tasks (user_id, title, description, created_at)
     select $1, 'task ' || n, case when n % 5000 = 0 then 'a Zeppelin' end, now() - n * interval '1 minute' from generate_series(1, 20000) n`,
    [BUSY],
  );
  await seed(
    `insert into task_tags (user_id, task_id, tag_id)
     select user_id, tasks.id, tags.id from tasks join tags using (user_id) where (tasks.id + tags.id / $1) % 5 = 0`,
    [USERS],
  );
  await seed(
    "insert into idempotency_keys (user_id, key, fingerprint, answer) select 'user ' || n % $1, 'key ' || n, '', '{}' from generate_series(1, $2::int) n",
    [USERS, TASKS / 10],
  );
  await seed('analyze');
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
  db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }), log: ({ query }) => void sent.push(query) });
  const [task] = await database.query<{ id: number }>('select id from tasks where user_id = $1 limit 1', [OWNER]);
  const [tag] = await database.query<{ id: number }>('select id from tags where user_id = $1 limit 1', [OWNER]);
  taskId = z.int().parse(task?.id);
  tagId = z.int().parse(tag?.id);
});
after(() => pool.end());

type Plan = { 'Node Type': string; 'Relation Name'?: string; 'Index Name'?: string; 'Index Cond'?: string; Plans?: Plan[] };
const explained = z.array(z.object({ 'QUERY PLAN': z.array(z.object({ Plan: z.custom<Plan>() })) }));

/** The tables and indexes that a plan scans completely. */
function readWhole(plan: Plan): string[] {
  const isWhole = plan['Node Type'] === 'Seq Scan' || (plan['Index Name'] !== undefined && plan['Index Cond'] === undefined);
  const here = isWhole ? [`${plan['Node Type']} on ${plan['Relation Name'] ?? plan['Index Name']}`] : [];
  return [...here, ...(plan.Plans ?? []).flatMap(readWhole)];
}

/**
 * What the operation's statements scan completely to find their rows. They are planned both with the operation's values and without,
 * as PostgreSQL may plan a named statement after some executions.
 */
async function readWholeBy(operation: () => Promise<unknown>): Promise<string[]> {
  return [...new Set((await plansOf(operation)).flatMap(readWhole))];
}

async function plansOf(operation: () => Promise<unknown>): Promise<Plan[]> {
  sent = [];
  await operation();
  const statements = sent.filter(({ sql }) => /^(select|insert|update|delete|with)/.test(sql));
  assert.ok(statements.length > 0, 'no statement was seen');
  const plans = await Promise.all(
    statements.flatMap(({ sql, parameters }) => [
      pool.query(`explain (format json) ${sql}`, [...parameters]),
      pool.query(`explain (format json, generic_plan) ${sql}`),
    ]),
  );
  return plans.flatMap(({ rows }) => explained.parse(rows)).flatMap((row) => row['QUERY PLAN'].map(({ Plan }) => Plan));
}

/** The conditions under which a plan reads the index of trigrams. */
function trigramConditions(plan: Plan): string[] {
  return [...(plan['Index Name'] === 'tasks_search' ? [plan['Index Cond'] ?? ''] : []), ...(plan.Plans ?? []).flatMap(trigramConditions)].filter(
    (condition) => condition.includes('~~*'),
  );
}

const filters = [
  '',
  ...['created_at', 'updated_at', 'title', 'priority'].flatMap((key) => [`sort_by=${key}`, `sort_by=${key}&sort_order=asc`]),
  'completed=true',
  'priority=high,low',
  'search=task 5',
  'search=5',
  'page=3',
  'per_page=100&page=500',
];

describe(`with ${TASKS} tasks of ${USERS} users no statement scans a whole table`, () => {
  const operations: [string, () => Promise<unknown>][] = [
    ...filters.map((query): [string, () => Promise<unknown>] => [
      `list of tasks ${query}`,
      () => listTasks(db, OWNER, taskFilter.parse(Object.fromEntries(new URLSearchParams(query)))),
    ]),
    ['list of tasks by tag', () => listTasks(db, OWNER, taskFilter.parse({ tag_ids: String(tagId) }))],
    ['list of tasks by several tags', () => listTasks(db, OWNER, taskFilter.parse({ tag_ids: `${tagId},${tagId + 1},${tagId + 2}` }))],
    ['reading a task', () => readTask(db, OWNER, taskId)],
    ['creating a task', () => createTask(db, OWNER, { title: 'x', description: null, priority: 'low', tag_ids: [] })],
    ['creating a task with tags', () => createTask(db, OWNER, { title: 'x', description: null, priority: 'low', tag_ids: [tagId] })],
    ['changing a task', () => updateTask(db, OWNER, taskId, { title: 'y' })],
    ["changing a task's tags", () => updateTask(db, OWNER, taskId, { tag_ids: [tagId] })],
    ['toggling a task', () => toggleTask(db, OWNER, taskId)],
    ['deleting a task', () => deleteTask(db, OWNER, taskId)],
    ['list of tags', () => listTags(db, OWNER, { page: 1, per_page: 20 })],
    ['suggesting tags', () => suggestTags(db, OWNER, { q: 'tag 5', limit: 10 })],
    ['creating a tag', () => createTag(db, OWNER, { name: 'new' })],
    ['reading a tag', () => readTag(db, OWNER, tagId)],
    ['deleting a tag', () => deleteTag(db, OWNER, tagId)],
    ['storing a result', () => runOnce(db, OWNER, 'new key', {}, async () => ({}))],
    ['reading a stored result', () => runOnce(db, OWNER, 'new key', {}, async () => ({}))],
  ];
  for (const [name, operation] of operations) {
    test(name, async () => {
      assert.deepEqual(await readWholeBy(operation), []);
    });
  }

  test('and a statement without an index is reported (control)', async () => {
    const found = await readWholeBy(() => db.selectFrom('tasks').select('id').where('completed', '=', true).execute());
    assert.deepEqual(found, ['Seq Scan on tasks']);
  });
});

describe('a search in many tasks of one user', () => {
  /** The conditions of each plan. */
  const search = async (text: string): Promise<{ found: number; conditions: string[][] }> => {
    let found = 0;
    const plans = await plansOf(async () => {
      found = (JSON.parse(await listTasks(db, BUSY, taskFilter.parse({ search: text }))) as { total: number }).total;
    });
    return { found, conditions: plans.map(trigramConditions) };
  };

  test('reads the tasks with its trigrams', async () => {
    const { found, conditions } = await search('zEPPelin');
    assert.equal(found, 4);
    assert.equal(conditions.length, 2, 'planned with the values and without');
    for (const plan of conditions) {
      for (const column of ['title', 'description']) assert.ok(plan.some((condition) => condition.includes(column)));
      for (const condition of plan) assert.match(condition, /user_id = /);
    }
  });

  // Of all users.
  for (const [text, expected] of [
    ['ze', 4],
    ['a Z', 4],
    ['ñañ', 0],
  ] as const) {
    test(`does not look for trigrams in an index where there are none: ${text}`, async () => {
      assert.deepEqual(await search(text), { found: expected, conditions: [[], []] });
    });
  }
});

describe('rows that refer to a deleted row are found by an index', () => {
  // EXPLAIN does not show the queries of foreign keys.
  for (const [column, table] of [
    ['task_id', 'task_tags'],
    ['tag_id', 'task_tags'],
  ] as const) {
    test(`${table}.${column}`, async () => {
      const found = await readWholeBy(() => db.deleteFrom(table).where('user_id', '=', OWNER).where(column, '=', 1).execute());
      assert.deepEqual(found, []);
    });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../test/databases.ts';
import { migrate } from './migrate.ts';

test('tasks are counted per owner for every kind of insertion and deletion', async () => {
  const { query } = await createTestDatabase();
  async function assertCounted(): Promise<void> {
    const counted = await query('select user_id, tasks from task_counts where tasks <> 0 order by user_id');
    assert.deepEqual(counted, await query('select user_id, count(*)::int as tasks from tasks group by user_id order by user_id'));
  }
  await query("insert into tasks (user_id, title) select (array['ada', 'bob', 'cy'])[n % 3 + 1], 'x' from generate_series(1, 10) n");
  await assertCounted();
  await query("insert into tasks (user_id, title) values ('ada', 'one more')");
  await query("update tasks set title = 'y'");
  await query("delete from tasks where id in (select id from tasks where user_id <> 'cy' limit 4)");
  await query("delete from tasks where user_id = 'cy'");
  await query("delete from tasks where user_id = 'unknown'");
  await assertCounted();
  // Concurrently for two owners in either order, and many for one: no count is lost, and nothing deadlocks.
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      query("insert into tasks (user_id, title) select unnest($1::text[]), 'x'", [n % 2 === 0 ? ['ada', 'bob'] : ['bob', 'ada']]),
    ),
  );
  await assertCounted();
});

test('tasks that existed before the counts are counted', async () => {
  const { url, query } = await createTestDatabase();
  await query('drop table task_counts');
  await query('drop function count_tasks cascade');
  await query('drop index tasks_search');
  await query("delete from kysely_migration where name >= '0005_task_counts'");
  await query("insert into tasks (user_id, title) select 'ada', 'x' from generate_series(1, 3)");
  assert.deepEqual(await migrate(url), ['0005_task_counts', '0006_task_search']);
  assert.deepEqual(await query('select user_id, tasks from task_counts'), [{ user_id: 'ada', tasks: 3 }]);
});

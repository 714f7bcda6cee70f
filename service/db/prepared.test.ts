import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { createTestDatabase } from '../test/databases.ts';
import type { Db } from './database.ts';
import { prepare } from './prepared.ts';
import type { Schema } from './schema.ts';

let db: Db;
before(async () => {
  const { url, query } = await createTestDatabase();
  await query("insert into tasks (user_id, title, priority) values ('ada', 'a', 'low'), ('ada', 'b', 'high'), ('bob', 'c', 'low')");
  db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 1 }) }) });
});
after(() => db.destroy());

test('a query is built once for each shape and set of values, and runs with the values of each call', async () => {
  const built: string[] = [];
  const titles = prepare((on: Db, { owner, title }: { owner: string; title: string | undefined }, order: 'asc' | 'desc') => {
    built.push(`${order}${title === undefined ? '' : ' of a title'}`);
    const owned = on.selectFrom('tasks').select('title').where('user_id', '=', owner).orderBy('title', order);
    return title === undefined ? owned : owned.where('title', '=', title);
  });
  const titlesOf = async (owner: string, title: string | undefined, order: 'asc' | 'desc'): Promise<string> =>
    (await titles(db, { owner, title }, order)).map((row) => row.title).join('');
  assert.equal(await titlesOf('ada', undefined, 'asc'), 'ab');
  assert.equal(await titlesOf('bob', undefined, 'asc'), 'c');
  assert.equal(await titlesOf('ada', undefined, 'desc'), 'ba');
  assert.equal(await titlesOf('ada', 'b', 'asc'), 'b');
  assert.equal(await titlesOf('bob', 'b', 'asc'), '');
  assert.equal(await titlesOf('ada', undefined, 'asc'), 'ab');
  assert.deepEqual(built, ['asc', 'desc', 'asc of a title']);
});

test('reading a value while its query is built throws, instead of building another query', async () => {
  const containing = prepare((on: Db, { text }: { text: string }) => on.selectFrom('tasks').select('id').where('title', 'like', `%${text}%`));
  await assert.rejects(containing(db, { text: 'a' }), /^TypeError: The value of text is not known while its query is built/);
});

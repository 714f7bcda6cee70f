import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { QueryResultRow } from 'pg';
import { type RunningApp, startApp } from './app.ts';
import { createTestDatabase, type TestDatabase } from './databases.ts';
import { send } from './requests.ts';
import { mintToken, newSecret } from './tokens.ts';

const guide = readFileSync('DEPLOYMENT.md', 'utf8');

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});

describe('the SQL in DEPLOYMENT.md that deletes all data of one user', () => {
  let app: RunningApp;
  before(async () => {
    app = await startApp({ databaseUrl: database.url });
  });
  after(() => app.close());

  async function createData(userId: string): Promise<void> {
    const token = mintToken({ sub: userId });
    const create = async (path: string, json: unknown): Promise<{ id: number }> => {
      const { status, body, text } = await send(app.url, 'POST', path, { token, json, headers: { 'idempotency-key': randomUUID() } });
      assert.equal(status, 201, text);
      return body as { id: number };
    };
    const tag = await create('/api/v1/tags', { name: 'home' });
    for (const title of ['one', 'two']) await create('/api/v1/tasks', { title, tag_ids: [tag.id] });
  }

  /** The rows of each table of the service, by table name. */
  async function rowsOf(where: string, userId: string): Promise<Record<string, QueryResultRow[]>> {
    const tables = await database.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public' and table_name not like 'kysely%'",
    );
    const rows = tables.map(async ({ name }) => [
      name,
      await database.query(`select * from ${name} as r where user_id ${where} $1 order by r::text`, [userId]),
    ]);
    return Object.fromEntries(await Promise.all(rows));
  }

  for (const userId of ["o'brien", 'auth0|42', '0190a7e4-8b5c-7def-8123-456789abcdef']) {
    test(`deletes every row of ${userId} and no row of other users`, async () => {
      await createData(userId);
      await createData(`${userId}-2`);
      for (const [table, rows] of Object.entries(await rowsOf('=', userId))) assert.notEqual(rows.length, 0, `${table} has rows of the user`);
      const others = await rowsOf('<>', userId);
      for (const [table, rows] of Object.entries(others)) assert.notEqual(rows.length, 0, `${table} has rows of another user`);

      const [script, ...more] = [...guide.matchAll(/^```sql\n([^]*?)^```$/gm)].map(([, sql]) => sql ?? '');
      assert.ok(script !== undefined && script.includes("'<user id>'") && more.length === 0);
      await database.query(script.replace('<user id>', () => userId.replaceAll("'", "''")));

      for (const [table, rows] of Object.entries(await rowsOf('=', userId))) assert.deepEqual(rows, [], table);
      assert.deepEqual(await rowsOf('<>', userId), others);
    });
  }
});

describe('the steps in DEPLOYMENT.md that rotate JWT_SECRET', () => {
  const [old, next, betterAuth] = [newSecret(), newSecret(), newSecret()];
  const user = { sub: 'ada' };

  async function acceptedKeys(context: TestContext, keys: { jwtSecret: string; betterAuthSecret: string }): Promise<string[]> {
    const app = await startApp({ databaseUrl: database.url, ...keys }, context);
    const accepted: string[] = [];
    for (const [name, key] of Object.entries({ old, next })) {
      const { status } = await send(app.url, 'GET', '/api/v1/tasks', { token: mintToken(user, key) });
      assert.ok(status === 200 || status === 401, `${status}`);
      if (status === 200) accepted.push(name);
    }
    return accepted;
  }

  test('accept the old key and the new one until no token of the old one is valid', async (context) => {
    const releases = [
      { jwtSecret: old, betterAuthSecret: betterAuth },
      { jwtSecret: old, betterAuthSecret: next },
      { jwtSecret: next, betterAuthSecret: betterAuth },
    ];
    const accepted: string[][] = [];
    for (const keys of releases) accepted.push(await acceptedKeys(context, keys));
    assert.deepEqual(accepted, [['old'], ['old', 'next'], ['next']]);
  });

  test('need the user in sub: user.id is read only from tokens of BETTER_AUTH_SECRET', async (context) => {
    const app = await startApp({ databaseUrl: database.url, jwtSecret: next, betterAuthSecret: betterAuth }, context);
    const statusOf = async (key: string): Promise<number> =>
      (await send(app.url, 'GET', '/api/v1/tasks', { token: mintToken({ user: { id: 'ada' } }, key) })).status;
    assert.deepEqual([await statusOf(betterAuth), await statusOf(next)], [200, 401]);
  });
});

import assert from 'node:assert/strict';
import { before, describe, test, type TestContext } from 'node:test';
import { createTestDatabase } from '../test/databases.ts';
import { type ListeningService, startService } from '../test/processes.ts';
import { send } from '../test/requests.ts';
import { newUser } from '../test/tokens.ts';
import { bareAddress } from './client-address.ts';

describe('an address', () => {
  const cases: Record<string, string> = {
    '203.0.113.9': '203.0.113.9',
    '203.0.113.9:1111': '203.0.113.9',
    '[2001:db8::1]:443': '2001:db8::1',
    '[2001:db8::1]': '2001:db8::1',
    '2001:db8::1': '2001:db8::1',
    '2001:db8::1:443': '2001:db8::1:443',
    '::ffff:203.0.113.9': '::ffff:203.0.113.9',
    'fe80::1%eth0': 'fe80::1',
    '[fe80::1%25eth0]:443': 'fe80::1',
    '': 'unknown',
    unknown: 'unknown',
    '_secret:1': 'unknown',
    '203.0.113.9:x': 'unknown',
    '[203.0.113.9': 'unknown',
    '203.0.113': 'unknown',
    '1:2': 'unknown',
  };
  for (const [text, address] of Object.entries(cases))
    test(`of ${JSON.stringify(text)} is ${address}`, () => assert.equal(bareAddress(text), address));
});

describe('X-Forwarded-For if no proxy is trusted', () => {
  let url: string;
  before(async () => {
    url = (await createTestDatabase()).url;
  });

  async function start(context: TestContext, changes: Record<string, string>): Promise<ListeningService> {
    const service = await startService({ DATABASE_URL: url, NODE_ENV: 'production', CORS_ORIGINS: 'https://tasks-app.test', ...changes });
    context.after(() => void service.child.kill('SIGKILL'));
    return service;
  }
  const warnings = ({ output }: ListeningService): string[] =>
    output()
      .split('\n')
      .filter((line) => line.includes('TRUST_PROXY'));

  test('causes one warning in production, without the address', async (context) => {
    const service = await start(context, {});
    const { token } = newUser();
    assert.equal((await send(service.url, 'GET', '/livez')).status, 200);
    assert.deepEqual(warnings(service), [], 'no proxy, no warning');
    for (const path of ['/health', '/livez', '/api/v1/tasks', '/health'])
      assert.equal((await send(service.url, 'GET', path, { token, headers: { 'x-forwarded-for': '203.0.113.9' } })).status, 200);
    const [warning = '', ...others] = warnings(service);
    assert.deepEqual(others, []);
    assert.match(warning, /"level":"warn".*TRUST_PROXY is 0.*\(2 on Railway\)/);
    assert.ok(!service.output().includes('203.0.113.9'));
  });

  test('causes none if proxies are trusted, or outside production', async (context) => {
    for (const changes of [{ TRUST_PROXY: '2' }, { NODE_ENV: 'test' }]) {
      const service = await start(context, changes);
      await send(service.url, 'GET', '/livez', { headers: { 'x-forwarded-for': '203.0.113.9' } });
      await send(service.url, 'GET', '/livez');
      assert.deepEqual(warnings(service), []);
    }
  });
});

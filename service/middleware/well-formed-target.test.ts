import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { type RunningApp, startApp } from '../test/app.ts';
import { createTestDatabase } from '../test/databases.ts';
import { startService } from '../test/processes.ts';
import { problemOf, send } from '../test/requests.ts';
import { newUser } from '../test/tokens.ts';

const TASKS = '/api/v1/tasks';

let app: RunningApp;
let databaseUrl: string;
before(async () => {
  databaseUrl = (await createTestDatabase()).url;
  app = await startApp({ databaseUrl });
});
after(() => app.close());

describe('escapes in a path or a query', () => {
  const WRONG = ['%ff', '%FF', '%C3', 'a%c3b', '%c0%af', '%ed%a0%80', '%f4%90%80%80', '%e2%82', '%C3%A4%FF'];

  test('that are not UTF-8 are rejected in every part', async () => {
    const { token } = newUser();
    for (const wrong of WRONG) {
      for (const path of [
        `${TASKS}?search=${wrong}`,
        `${TASKS}?${wrong}=1`,
        `${TASKS}?search=a&unknown=${wrong}`,
        `/api/v1/tags/autocomplete?q=${wrong}`,
        `${TASKS}/${wrong}`,
        `/unknown/${wrong}`,
      ]) {
        const response = await send(app.url, 'GET', path, { token });
        assert.deepEqual([problemOf(response).status, problemOf(response).code], [400, 'malformed'], path);
        assert.ok(!response.text.includes(wrong), path);
      }
      assert.equal((await send(app.url, 'GET', `${TASKS}?search=${wrong}`)).status, 401, 'without a token, which is checked first');
    }
  });

  test('that are UTF-8 are accepted', async () => {
    const { token } = newUser();
    await send(app.url, 'POST', TASKS, { token, json: { title: 'Käse 50% \ufffd 😀' } });
    for (const search of ['Käse', '50%', '\ufffd', '😀', 'käse 50% \ufffd'])
      assert.partialDeepStrictEqual(
        (await send(app.url, 'GET', `${TASKS}?search=${encodeURIComponent(search)}`, { token })).body,
        { total: 1 },
        search,
      );
    assert.partialDeepStrictEqual((await send(app.url, 'GET', `${TASKS}?search=50%`, { token })).body, { total: 1 }, 'a % that begins no escape');
  });
});

test('bytes that are not ASCII are rejected in a path or a query, and in a header that is used', async (context) => {
  const service = await startService({ DATABASE_URL: databaseUrl });
  context.after(() => void service.child.kill('SIGKILL'));
  const { token } = newUser();
  const exchange = async (target: string, header = ''): Promise<string> => {
    const socket = connect(service.port, '127.0.0.1');
    await once(socket, 'connect');
    const authorization = header.startsWith('Authorization') ? '' : `Authorization: Bearer ${token}\r\n`;
    const body = target.startsWith('POST') ? '{"title":"x"}' : '';
    const lines = `${target} HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    // Sent as single bytes: these characters are in Latin-1.
    socket.write(Buffer.from(`${lines}${authorization}${header}\r\n${body}`, 'latin1'));
    return (await text(socket)).split('\r\n')[0] ?? '';
  };
  assert.match(await exchange(`GET ${TASKS}?search=a`), / 200 /);
  for (const bytes of ['\u00e4', '\u00c3\u00a4', '\u00ff']) {
    assert.match(await exchange(`GET ${TASKS}?search=${bytes}`), / 400 /, 'in a query');
    assert.match(await exchange(`GET ${TASKS}/${bytes}`), / 400 /, 'in a path');
    assert.match(await exchange(`POST ${TASKS}`, `Idempotency-Key: ${bytes}\r\n`), / 422 /, 'in a key');
    assert.match(await exchange(`GET ${TASKS}`, `Authorization: Bearer ${token}${bytes}\r\n`), / 401 /, 'in a token');
    assert.match(await exchange(`GET ${TASKS}`, `Origin: https://tasks-app.test${bytes}\r\n`), / 403 /, 'in an origin');
  }
});

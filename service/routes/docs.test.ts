import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findFreePort } from '../../rehearsal/process/free-port.ts';
import { type RunningApp, startApp } from '../test/app.ts';
import { createTestDatabase } from '../test/databases.ts';
import { eventually } from '../test/eventually.ts';
import { SERVER, startProcess } from '../test/processes.ts';
import { comparable, type HttpResponse, send } from '../test/requests.ts';
import { betterAuthSecret, jwtSecret, newUser } from '../test/tokens.ts';

const TASKS = '/api/v1/tasks';
const STRICT = "default-src 'none';frame-ancestors 'none'";
const RELAXED =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'";

let databaseUrl: string;
let app: RunningApp;
let page: HttpResponse;
/** The paths that the page loads. */
let assets: string[];
before(async () => {
  databaseUrl = (await createTestDatabase()).url;
  app = await startApp({ databaseUrl });
  page = await send(app.url, 'GET', '/docs');
  assets = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path]) => path ?? '');
});
after(() => app.close());

describe('the page of the docs', () => {
  test('is served, and loads only files of this service', async () => {
    assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
    assert.deepEqual(
      assets.map((path) => path.replace(/^\/docs\/[0-9a-f]{12}\//, '')),
      ['favicon-32x32.png', 'swagger-ui.css', 'swagger-ui-bundle.js', 'start.js'],
    );
    const types = ['image/png', 'text/css; charset=utf-8', 'text/javascript; charset=utf-8', 'text/javascript; charset=utf-8'];
    for (const [index, path] of assets.entries()) {
      const { status, headers, text } = await send(app.url, 'GET', path);
      assert.deepEqual([status, headers['content-type'], headers['x-content-type-options']], [200, types[index], 'nosniff']);
      assert.ok(text.length > 50, path);
    }
  });

  test('has no inline script or style, and names no other host', () => {
    for (const [, content] of page.text.matchAll(/<script[^>]*>([^]*?)<\/script>/g)) assert.equal(content, '');
    assert.doesNotMatch(page.text, /<style|\sstyle=|\son\w+=|https?:|\/\/|javascript:/i);
  });

  test('starts with the contract, stores no token and calls no validator', async () => {
    const { text } = await send(app.url, 'GET', assets.at(-1) ?? '');
    const [, options = ''] = /^SwaggerUIBundle\((.*)\);\n$/.exec(text) ?? [];
    assert.partialDeepStrictEqual(JSON.parse(options), { url: '/openapi.json', persistAuthorization: false, validatorUrl: null });
  });

  test('has the permissions it needs, and no other response has more than before', async () => {
    assert.equal(page.headers['content-security-policy'], RELAXED);
    for (const path of [...assets, '/openapi.json', '/docs/unknown', '/health', '/unknown', TASKS]) {
      const { headers } = await send(app.url, 'GET', path, { token: newUser().token });
      assert.equal(headers['content-security-policy'], STRICT, path);
    }
    const { headers } = await send(app.url, 'GET', '/openapi.json');
    const others = (response: HttpResponse['headers']): unknown =>
      Object.entries(response).filter(([name]) => /^(x-|cross-|referrer|strict|origin-agent|cache|vary|etag)/.test(name) && name !== 'x-request-id');
    assert.deepEqual(others(page.headers), others(headers), 'no other header differs');
  });

  test('is not cached; its files, whose names change with their contents, are', async () => {
    assert.equal(page.headers['cache-control'], 'no-store');
    for (const path of assets) {
      assert.equal((await send(app.url, 'GET', path)).headers['cache-control'], 'private, max-age=31536000, immutable');
      assert.equal((await send(app.url, 'GET', path.replace(/[0-9a-f]{12}/, '0'.repeat(12)))).status, 404);
    }
  });

  test('serves no other file of the package', async () => {
    const folder = assets[0]?.replace('favicon-32x32.png', '') ?? '';
    const unknown = await send(app.url, 'GET', '/unknown');
    for (const file of [
      'index.html',
      'swagger-initializer.js',
      'swagger-ui.css.map',
      'package.json',
      '..%2Fpackage.json',
      '__proto__',
      'constructor',
      '',
    ]) {
      const response = await send(app.url, 'GET', `${folder}${file}`);
      assert.equal(response.status, 404, file);
      assert.deepEqual(comparable(response), comparable(unknown), file);
    }
  });

  test('is the same 404 as any unknown path if docs are off, as are its files', async (context) => {
    const closed = await startApp({ databaseUrl, apiDocs: false }, context);
    const unknown = await send(closed.url, 'GET', '/unknown');
    for (const path of ['/docs', '/docs/', ...assets]) {
      const response = await send(closed.url, 'GET', path);
      assert.equal(response.status, 404);
      assert.deepEqual(comparable(response), comparable(unknown), path);
    }
  });
});

describe('a write from the page', () => {
  const PORT = 8080;
  const write = async (url: string, headers: Record<string, string>): Promise<number> => {
    const { token } = newUser();
    const response = await send(url, 'POST', TASKS, { token, json: { title: 'x' }, headers: { 'sec-fetch-site': 'same-origin', ...headers } });
    assert.equal(response.headers['access-control-allow-origin'], undefined, 'same-origin pages need no permission');
    const { body } = await send(url, 'GET', TASKS, { token });
    assert.partialDeepStrictEqual(body, { total: response.status === 201 ? 1 : 0 });
    return response.status;
  };

  test("is executed on the developer's machine, if the browser states that it is same-origin", async (context) => {
    const { url } = await startApp({ databaseUrl, port: PORT }, context);
    for (const host of ['localhost', '127.0.0.1', '[::1]']) assert.equal(await write(url, { origin: `http://${host}:${PORT}` }), 201, host);
    for (const site of ['cross-site', 'same-site', 'none', '', 'same-origin, same-origin'])
      assert.equal(await write(url, { origin: `http://localhost:${PORT}`, 'sec-fetch-site': site }), 403, site);
  });

  test('is rejected from another origin, for any Host header', async (context) => {
    const { url } = await startApp({ databaseUrl, port: PORT, trustProxy: 1 }, context);
    for (const origin of [
      'http://localhost:3000',
      'http://localhost',
      `https://localhost:${PORT}`,
      `http://localhost.evil.test:${PORT}`,
      `http://127.0.0.2:${PORT}`,
      `http://evil.test:${PORT}`,
      'null',
    ]) {
      const { host } = URL.parse(origin) ?? { host: 'evil.test' };
      const claims = { origin, host, 'x-forwarded-host': host, 'x-forwarded-proto': 'http', forwarded: `host="${host}"` };
      assert.equal(await write(url, claims), 403, origin);
    }
  });

  test('is rejected if docs are off, and in production unless its origin is listed', async (context) => {
    const origin = `http://localhost:${PORT}`;
    assert.equal(await write((await startApp({ databaseUrl, port: PORT, apiDocs: false }, context)).url, { origin }), 403);
    assert.equal(await write((await startApp({ databaseUrl, port: PORT, environment: 'production' }, context)).url, { origin }), 403);
    const staging = 'https://tasks-api.up.railway.test';
    const claims = { host: 'tasks-api.up.railway.test', 'x-forwarded-host': 'tasks-api.up.railway.test', 'x-forwarded-proto': 'https' };
    const { url } = await startApp({ databaseUrl, environment: 'production', trustProxy: 2 }, context);
    assert.equal(await write(url, { ...claims, origin: staging }), 403);
    const listed = await startApp({ databaseUrl, environment: 'production', trustProxy: 2, corsOrigins: [staging] }, context);
    const { token } = newUser();
    assert.equal((await send(listed.url, 'POST', TASKS, { token, json: { title: 'x' }, headers: { ...claims, origin: staging } })).status, 201);
  });
});

describe('the bundle', () => {
  test('serves the page from the installed package, and states what to do if that is missing', async (context) => {
    const port = await findFreePort();
    const environment = {
      NODE_ENV: 'production',
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      JWT_SECRET: jwtSecret,
      BETTER_AUTH_SECRET: betterAuthSecret,
      CORS_ORIGINS: 'https://tasks-app.test',
      API_DOCS: 'true',
    };
    const service = startProcess(SERVER, environment);
    context.after(() => void service.child.kill('SIGKILL'));
    await eventually('the process listens', () => service.output().includes('"listening"'));
    const url = `http://127.0.0.1:${port}`;
    const served = await send(url, 'GET', '/docs');
    assert.deepEqual([served.status, served.text], [200, page.text]);
    for (const path of assets) assert.deepEqual((await send(url, 'GET', path)).text, (await send(app.url, 'GET', path)).text, path);

    const elsewhere = await mkdtemp(path.join(tmpdir(), 'tasks-api-'));
    context.after(() => rm(elsewhere, { recursive: true }));
    await copyFile(new URL('../../dist/service.js', import.meta.url), path.join(elsewhere, 'server.cjs'));
    const { code, output } = await startProcess(path.join(elsewhere, 'server.cjs'), environment).ended;
    assert.equal(code, 1);
    assert.match(output, /^ {2}- API_DOCS is true, but the package swagger-ui-dist is not installed: run npm ci, or set API_DOCS to false\.$/m);
  });
});

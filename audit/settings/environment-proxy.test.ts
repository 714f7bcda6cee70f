import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createSnippetsApi } from '../../proving/third-party/snippets-api.ts';
import { startThirdPartyDeployment } from '../../proving/third-party/deployment.ts';
import { proxyNotice, takeProxies } from './environment-proxy.ts';
import { throughTunnel } from '../gather/browser/firefox-webkit.ts';
import { auditDeployment } from '../test/environment.ts';

const PASSWORD = 'password-of-the-proxy';

/** A proxy that records the first bytes of each connection and never responds. */
async function recordProxy(context: TestContext): Promise<{ recorded: string[]; settings: Readonly<Record<string, string>> }> {
  const recorded: string[] = [];
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (chunk) => (recorded.push(chunk.toString('latin1').slice(0, 80)), socket.destroy()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const authority = `user:${PASSWORD}@127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upper = { HTTP_PROXY: `http://${authority}`, HTTPS_PROXY: `http://${authority}`, ALL_PROXY: `socks5://${authority}` };
  const lower = Object.fromEntries(Object.entries(upper).map(([name, value]) => [name.toLowerCase(), value]));
  return { recorded, settings: { ...upper, ...lower, NODE_USE_ENV_PROXY: '1' } };
}

describe('the proxy of the environment', { concurrency: 1 }, () => {
  test('is removed from the environment of child processes, and reported without its value', () => {
    const env = { HTTPS_PROXY: 'a', https_proxy: 'b', all_proxy: 'c', SOCKS_SERVER: 'd', HTTP_PROXY: '', NO_PROXY: 'e', PATH: 'f' };
    assert.deepEqual(takeProxies(env), ['HTTPS_PROXY', 'SOCKS_SERVER', 'all_proxy', 'https_proxy']);
    assert.deepEqual(env, { HTTP_PROXY: '', NO_PROXY: 'e', PATH: 'f' });
    assert.equal(proxyNotice([]), undefined);
    assert.equal(proxyNotice(['HTTPS_PROXY']), 'HTTPS_PROXY is set, but this audit connects directly and does not use a proxy.');
    assert.match(proxyNotice(['HTTPS_PROXY', 'https_proxy']) ?? '', /^HTTPS_PROXY and https_proxy are set, /);
  });

  test('receives nothing from an audit: not from a browser, the live page, the HTTP client or the outage control', async (context) => {
    const { recorded, settings } = await recordProxy(context);
    const controlled: string[] = [];
    const control = http.createServer(({ url = '' }, response) => (controlled.push(url), response.end()));
    control.listen(0, '127.0.0.1');
    await once(control, 'listening');
    context.after(() => control.close());
    const deployment = await startThirdPartyDeployment((given) => createSnippetsApi(given), {
      page: () => (_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>app</title>'),
    });
    context.after(() => deployment.stop());

    const { output, run } = await auditDeployment(
      context,
      deployment,
      { ...settings, AUDIT_APP_PAGE: 'live', AUDIT_OUTAGE_CONTROL: `http://127.0.0.1:${(control.address() as AddressInfo).port}` },
      ['--grep', '(target-identity|tenant-access|browser-[a-z-]+|app-page|health-truth|nothing-left-behind)$'],
    );

    assert.deepEqual(recorded, [], output);
    assert.deepEqual([...new Set(controlled)].toSorted(), ['/start', '/stop']);
    const outcomes = new Map(run.checks.map(({ id, outcome }) => [id, outcome]));
    for (const id of ['target-identity', 'browser-control', 'browser-look-alikes', 'browser-refused-writes', 'app-page'])
      assert.equal(outcomes.get(id), 'pass', `${id}\n${output}`);
    const notices = output.split('\n').filter((line) => line.startsWith('Proxy: '));
    assert.deepEqual(notices, [
      `Proxy: ${proxyNotice(
        Object.keys(settings)
          .filter((name) => name !== 'NODE_USE_ENV_PROXY')
          .toSorted(),
      )}`,
    ]);
    assert.ok(!output.includes(PASSWORD), output);
  });

  test('is reported if the target cannot be reached without a proxy', async (context) => {
    const deployment = await startThirdPartyDeployment((given) => createSnippetsApi(given));
    context.after(() => deployment.stop());
    const { settings } = await recordProxy(context);
    const unreachable = { AUDIT_API_URL: 'https://localhost:9', HTTPS_PROXY: settings['HTTPS_PROXY'] ?? '' };
    const { output, run } = await auditDeployment(context, deployment, unreachable, ['--grep', 'target-identity$']);
    assert.equal(
      run.checks.find(({ id }) => id === 'target-identity')?.summary,
      'The TLS handshake with localhost failed: ECONNREFUSED. HTTPS_PROXY is set, but this audit connects directly and does not use a proxy. Run the audit where localhost is reachable without one.',
    );
    assert.ok(!output.includes(PASSWORD), output);
  });

  // Without Playwright, which cannot drive a stock Firefox.
  const stockFirefox = [process.env['AUDIT_FIREFOX'], '/usr/bin/firefox-esr'].find((file) => file !== undefined && existsSync(file));
  test(
    'receives nothing from Firefox, whose tunnel resolves every host name, encrypted or not',
    { skip: stockFirefox === undefined },
    async (context) => {
      const { recorded, settings } = await recordProxy(context);
      const folder = mkdtempSync(path.join(tmpdir(), 'firefox-'));
      context.after(() => rmSync(folder, { recursive: true, maxRetries: 5 }));
      const missing = new Set(['http://plain.example/', 'unknown.example:443', 'socket.example:80', 'port.example:8443']);
      const { promise: allReceived, resolve } = Promise.withResolvers<void>();
      const receive = (name = ''): boolean => missing.delete(name) && missing.size === 0 && (resolve(), true);
      const tunnel = http.createServer(({ url }, response) => {
        receive(url);
        response.setHeader('Content-Type', 'text/html').end(`<!doctype html>
        <link rel=preconnect href=https://preconnect.example><link rel=dns-prefetch href=//prefetch.example>
        <img src=https://unknown.example/><script>fetch('https://port.example:8443/'); new WebSocket('ws://socket.example/')</script>`);
      });
      tunnel.on('connect', ({ url }: http.IncomingMessage, socket: net.Socket) => {
        receive(url);
        socket.on('error', () => {}).end('HTTP/1.1 403 Forbidden\r\n\r\n');
      });
      tunnel.listen(0, '127.0.0.1');
      await once(tunnel, 'listening');
      context.after(() => (tunnel.close(), tunnel.closeAllConnections()));

      const profile = path.join(folder, 'profile');
      mkdirSync(profile);
      const preferences = Object.entries(throughTunnel((tunnel.address() as AddressInfo).port));
      writeFileSync(path.join(profile, 'user.js'), preferences.map(([name, value]) => `user_pref('${name}', ${JSON.stringify(value)});\n`).join(''));
      const firefox = spawn(stockFirefox ?? '', ['--headless', '--no-remote', '--profile', profile, 'http://plain.example/'], {
        env: { PATH: process.env['PATH'], HOME: folder, ...settings },
        stdio: 'ignore',
      });
      const ended = once(firefox, 'close');
      try {
        await Promise.race([allReceived, ended]);
      } finally {
        firefox.kill('SIGKILL');
        await ended;
      }
      assert.deepEqual([[...missing], recorded], [[], []]);
    },
  );
});

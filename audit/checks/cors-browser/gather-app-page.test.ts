import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener } from 'node:http';
import { describe, test, type TestContext } from 'node:test';
import { createSnippetsApi } from '../../../proving/third-party/snippets-api.ts';
import { startThirdPartyDeployment } from '../../../proving/third-party/deployment.ts';
import { auditDeployment } from '../../test/environment.ts';

const BYPASS = 'a-value-that-opens-the-page';
const ONLY = ['--grep', '(target-identity|tenant-access|app-page|app-scripts)$'];

type Page = { status?: number; policy?: string; script?: string; requests?: string[] };

/** A page with one script, as from a bundler. */
function pageOf({ status = 200, policy = '', script = 'document.title = "app"', requests = [] }: Page): RequestListener {
  return ({ url = '' }: IncomingMessage, response) => {
    requests.push(url);
    if (url.startsWith('/app.js')) return void response.setHeader('Content-Type', 'text/javascript').end(script);
    response.writeHead(status, { 'Content-Type': 'text/html', ...(policy !== '' && { 'Content-Security-Policy': policy }) });
    response.end('<!doctype html><title>app</title><script src="/app.js"></script>');
  };
}

/** The verdicts of the checks of the page, each as "outcome: summary". */
async function examineLive(context: TestContext, page: (secret: string) => Page, settings: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const deployment = await startThirdPartyDeployment((given) => createSnippetsApi(given), { page: ({ jwtSecret }) => pageOf(page(jwtSecret)) });
  context.after(() => deployment.stop());
  const { run, output } = await auditDeployment(context, deployment, { AUDIT_APP_PAGE: 'live', ...settings }, ONLY);
  const made = run.checks.filter(({ id }) => id === 'app-page' || id === 'app-scripts');
  assert.deepEqual(
    made.map(({ id }) => id),
    ['app-page', 'app-scripts'],
    output,
  );
  return made.map(({ outcome, summary }) => `${outcome}: ${summary}`);
}

describe("the app's live page", { concurrency: 1 }, () => {
  test('passes where it can call the API and contains no secret, and gets the bypass secret with the navigation only', async (context) => {
    const requests: string[] = [];
    const [page = '', scripts = ''] = await examineLive(
      context,
      () => ({ policy: "default-src 'self'; connect-src https://localhost:*", requests }),
      { AUDIT_VERCEL_BYPASS: BYPASS },
    );
    assert.match(page, /^pass: /);
    assert.match(scripts, /^pass: No secret in 2 files/);
    assert.deepEqual(
      requests.filter((url) => url.includes(BYPASS)),
      [`/?x-vercel-protection-bypass=${BYPASS}&x-vercel-set-bypass-cookie=true`],
    );
    assert.ok(requests.includes('/app.js'), requests.join());
  });

  test('fails where its policy forbids the API, and where its script contains a secret', async (context) => {
    const [page = '', scripts = ''] = await examineLive(context, (secret) => ({
      policy: "default-src 'self'; connect-src 'self'",
      script: `const config = { key: ${JSON.stringify(secret)} };`,
    }));
    assert.match(page, /^fail: simple GET by the live page: blocked by the browser \(csp connect-src\) \(and 1 more\)$/);
    assert.match(scripts, /^fail: https:\/\/localhost:\d+\/app\.js contains AUDIT_JWT_SECRET$/);
  });

  test('is inconclusive where it is protected', async (context) => {
    for (const verdict of await examineLive(context, () => ({ status: 401 }))) assert.match(verdict, /^inconclusive: The app's page returned 401/);
  });

  test('is inconclusive where it does not respond', async (context) => {
    const unreachable = { AUDIT_APP_ORIGIN: 'https://localhost:1' };
    for (const verdict of await examineLive(context, () => ({}), unreachable))
      assert.match(verdict, /^inconclusive: The app's page could not be opened/);
  });
});

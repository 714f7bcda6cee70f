import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { generate } from 'selfsigned';
import { readContract } from '../../contract/contract.ts';
import type { BrowserExchange } from '../../model/exchange.ts';
import { findOtherBrowser } from './find-browser.ts';
import { createLoad } from '../load.ts';
import { createLedger } from '../ledger.ts';
import { PERMISSIVE_ORIGIN } from '../../model/permissive-host.ts';
import { launchOtherBrowser } from './firefox-webkit.ts';
import type { PageBrowser, PageOrigin } from './page.ts';
import { createRedactor } from '../redactor.ts';
import { createRequestBudget } from '../request-budget.ts';
import { createRunRecord } from '../run-record.ts';
import { createWriteRule } from '../write-rule.ts';

const APP = 'https://tasks-app.vercel.app';
const DISALLOWED = 'https://foreign-site.example';
const writes = createWriteRule(readContract('contract/openapi.json'), ['/api/v1/tasks/7'], { beforeCreation: () => {}, created: () => {} });

/** Allows the app or every origin, and records the requests. */
const arrived: string[] = [];
let isStrict = true;
let api: https.Server;
const folder = mkdtempSync(path.join(tmpdir(), 'other-browser-'));
before(async () => {
  const pem = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' });
  api = https.createServer({ key: pem.private, cert: pem.cert }, ({ method, url, headers: { origin } }, response) => {
    arrived.push(`${method} ${url}`);
    if (origin === APP || !isStrict) {
      response.setHeader('Access-Control-Allow-Origin', origin ?? '*');
      response.setHeader('Access-Control-Allow-Methods', 'GET, DELETE');
      response.setHeader('Access-Control-Allow-Headers', 'authorization');
    } else response.statusCode = 403;
    response.end('{}');
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
});
after(() => {
  api.close();
  api.closeAllConnections();
  rmSync(folder, { recursive: true });
});

for (const engine of ['firefox', 'webkit'] as const) {
  const installed = findOtherBrowser(engine, engine === 'firefox' ? process.env['AUDIT_FIREFOX'] : undefined);
  describe(`a real ${engine}`, { skip: installed === undefined ? `${engine} is not installed` : false }, () => {
    let browser: PageBrowser;
    before(async () => {
      assert.ok(installed);
      const ledger = createLedger(createRunRecord('run'), createRedactor({}), '0-');
      const apiUrl = `https://localhost:${(api.address() as AddressInfo).port}`;
      browser = await launchOtherBrowser(
        installed,
        {
          origins: [APP, DISALLOWED],
          scope: () => ({ evidence: engine }),
          tokenOf: (actor) => (actor === 'anonymous' ? undefined : 'a-token'),
          apiUrl,
          load: createLoad(),
          budget: createRequestBudget(ledger, new AbortController().signal),
          writes,
        },
        ledger,
      );
    });
    after(() => browser.close());

    /** A simple GET, a preflighted DELETE, and a host that allows every origin. */
    async function fetchAll(page: PageOrigin): Promise<BrowserExchange[]> {
      const at = `https://localhost:${(api.address() as AddressInfo).port}`;
      return browser.fetchFrom(page, [
        { actor: 'anonymous', purpose: 'simple GET', method: 'GET', url: `${at}/simple` },
        { actor: 'tenant A', purpose: 'preflighted DELETE', method: 'DELETE', url: `${at}/api/v1/tasks/7` },
        { actor: 'anonymous', purpose: 'control', method: 'GET', url: `${PERMISSIVE_ORIGIN}/simple` },
      ]);
    }
    const statuses = (fetches: readonly BrowserExchange[]): unknown[] => fetches.map(({ read }) => read?.status);

    test("lets the app's page read, after a preflight", async () => {
      arrived.length = 0;
      const fetches = await fetchAll({ origin: APP });
      assert.deepEqual(statuses(fetches), [200, 200, 200]);
      assert.deepEqual([...new Set(fetches.map(({ pageOrigin }) => pageOrigin))], [APP]);
      assert.ok(arrived.includes('OPTIONS /api/v1/tasks/7') && arrived.includes('DELETE /api/v1/tasks/7'), arrived.join());
    });

    for (const [name, page, origin] of [
      ['a page at a disallowed origin', { origin: DISALLOWED }, DISALLOWED],
      ['a page without an origin', { origin: APP, opaque: true }, 'null'],
    ] as const) {
      test(`lets ${name} read nothing of a strict API, and reports the reason`, async () => {
        arrived.length = 0;
        const fetches = await fetchAll(page);
        assert.deepEqual(statuses(fetches), [undefined, undefined, 200]);
        assert.deepEqual([...new Set(fetches.map(({ pageOrigin }) => pageOrigin))], [origin]);
        assert.ok(arrived.includes('OPTIONS /api/v1/tasks/7') && !arrived.includes('DELETE /api/v1/tasks/7'), arrived.join());
        assert.deepEqual(
          fetches.slice(0, 2).map(({ requestLeft }) => requestLeft),
          [true, false],
        );
        for (const { blockedBecause } of fetches.slice(0, 2)) assert.match(blockedBecause ?? '', /AnswerWithheld|BAD_URI|Access-Control|Preflight/);
      });

      test(`lets ${name} read all of an API that reflects`, async () => {
        isStrict = false;
        assert.deepEqual(statuses(await fetchAll(page)), [200, 200, 200]);
        isStrict = true;
      });
    }

    test('reaches nothing else, and does not report that as a CORS error', async () => {
      const [elsewhere] = await browser.fetchFrom({ origin: APP }, [
        { actor: 'anonymous', purpose: 'simple GET', method: 'GET', url: 'https://elsewhere.example/' },
      ]);
      assert.equal(elsewhere?.read, undefined);
      assert.doesNotMatch(elsewhere?.blockedBecause ?? '', /AnswerWithheld|BAD_URI/);
    });
  });
}

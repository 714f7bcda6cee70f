import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

const AUDIT = path.join(import.meta.dirname, '..');
const sources = globSync('**/*.ts', { cwd: AUDIT })
  // A recipe is a command of its own, which obtains tokens from the app's sign-in.
  .filter((file) => !file.endsWith('.test.ts') && !file.startsWith('recipes'))
  .map((file) => ({ file, text: readFileSync(path.join(AUDIT, file), 'utf8') }));

/** The audit's own processes exchange verdicts over a local socket. */
const LOCAL_SOCKET = /^runner\/verdict-(client|server)\.ts$/;
const GATHERS = /^gather\/|^checks\/[\w-]+\/gather[\w-]*\.ts$/;
const JUDGES = /^model\/|^checks\/[\w-]+\/(judge[\w-]*|checks)\.ts$/;

/** Code without comments, which may mention what the code must not do. */
function codeOf(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(?<=^|\s)\/\/.*$/gm, '');
}

function filesWith(pattern: RegExp): string[] {
  return sources
    .filter(({ text }) => pattern.test(codeOf(text)))
    .map(({ file }) => file.replaceAll('\\', '/'))
    .toSorted();
}

describe('audit code', () => {
  test('is found by these tests', () => {
    assert.ok(sources.length > 40, `${sources.length} files`);
    assert.deepEqual(filesWith(/host-resolver-rules/), ['gather/browser/chromium.ts']);
  });

  test('intercepts no request: Playwright would respond to every preflight itself', () => {
    for (const pattern of [
      /\.route\(/,
      /\.routeWebSocket\(/,
      /routeFromHAR/,
      /extraHTTPHeaders/i,
      /setExtraHTTPHeaders/,
      /setRequestInterception/,
      /['"`]Fetch\.enable/,
      /serviceWorkers/,
      /setBypassServiceWorker|addInitScript/,
      /bypassCSP/,
    ]) {
      assert.deepEqual(filesWith(pattern), [], String(pattern));
    }
  });

  test('calls no fetch outside pages: it would use the proxy of the environment', () => {
    assert.deepEqual(filesWith(/(?<![\w.])fetch\(/), ['gather/browser/page.ts']);
  });

  test('launches browsers that use no proxy of the environment', () => {
    assert.deepEqual(filesWith(/(?:chromium|firefox|webkit)\.launch/), ['gather/browser/chromium.ts', 'gather/browser/firefox-webkit.ts']);
    assert.deepEqual(filesWith(/'--no-proxy-server'/), ['gather/browser/chromium.ts']);
    assert.deepEqual(filesWith(/'network\.proxy\.type': 1|proxy: \{ server: `http:\/\/127/), ['gather/browser/firefox-webkit.ts']);
  });

  test('disables no protection of the browser', () => {
    for (const pattern of [
      /disable-web-security/,
      /--ignore-certificate-errors(?!-spki-list)/,
      /allow-running-insecure/,
      /disable-site-isolation/,
      /disable-features/,
    ]) {
      assert.deepEqual(filesWith(pattern), [], String(pattern));
    }
  });

  test('accepts an unverified certificate only where the certificate itself is inspected, and in browsers that take no trusted key', () => {
    assert.deepEqual(filesWith(/ignoreHTTPSErrors/), ['gather/browser/firefox-webkit.ts']);
    assert.deepEqual(filesWith(/rejectUnauthorized: false/), ['checks/transport/gather.ts']);
    assert.deepEqual(filesWith(/NODE_TLS_REJECT_UNAUTHORIZED/), []);
  });

  test('sends requests only from gather functions', () => {
    const elsewhere = (pattern: RegExp): string[] => filesWith(pattern).filter((file) => !GATHERS.test(file) && !LOCAL_SOCKET.test(file));
    assert.deepEqual(elsewhere(/\bfrom 'node:(https?|net|tls|http2|dgram)'/), []);
  });

  test('reads no file in a judge or a declaration', () => {
    assert.deepEqual(
      filesWith(/\bfrom 'node:fs/).filter((file) => JUDGES.test(file)),
      [],
    );
  });

  test('judges without a clock, randomness or environment', () => {
    for (const pattern of [/Date\.now\(/, /new Date\(\)/, /Math\.random\(/, /\bprocess\.\w/])
      assert.deepEqual(
        filesWith(pattern).filter((file) => JUDGES.test(file)),
        [],
        String(pattern),
      );
  });

  test('creates a pass only where observations are combined', () => {
    assert.deepEqual(
      filesWith(/outcome: 'pass'/).filter((file) => /^(model|checks|gather)\//.test(file)),
      ['model/verdict.ts'],
    );
  });
});

describe('the configuration of Playwright', () => {
  test('retries nothing, runs one check at a time, and records no traffic', async () => {
    const { default: config } = await import('../../playwright.config.ts');
    assert.deepEqual([config.retries, config.workers, config.forbidOnly], [0, 1, true]);
    assert.deepEqual(config.use, { trace: 'off', screenshot: 'off', video: 'off' });
    assert.deepEqual(config.projects, [{ name: 'prod', workers: 1 }]);
    assert.equal(config.reporter, './audit/runner/reporter.ts');
    assert.equal(config.fullyParallel, undefined);
  });

  test('selects one file, which has no test that is expected to fail or exclusive', () => {
    for (const { text } of sources.filter(({ file }) => /^runner\/(audit\.spec|fixtures)\.ts$/.test(file)))
      assert.doesNotMatch(codeOf(text), /\.(fixme|fail|only|slow)\(|configure\(/);
  });
});

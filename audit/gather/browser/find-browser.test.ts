import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { findBrowser } from './find-browser.ts';

const FIND = `
  const { findBrowser } = await import(${JSON.stringify(import.meta.resolve('./find-browser.ts'))});
  const lines = [];
  const file = findBrowser(undefined, (line) => lines.push(line));
  console.log(JSON.stringify({ file, lines }));
`;

test("Playwright's headless shell is used where Playwright installs it", (context) => {
  const cache = mkdtempSync(path.join(tmpdir(), 'browsers-'));
  context.after(() => rmSync(cache, { recursive: true }));
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, PLAYWRIGHT_BROWSERS_PATH: cache } });
  const plan = run(createRequire(import.meta.url).resolve('@playwright/test/cli'), 'install', '--dry-run', '--only-shell', 'chromium');
  const location = /Install location: +(.+)/.exec(plan)?.[1] ?? '';
  const file = path.join(location, 'chrome-headless-shell-linux64', 'chrome-headless-shell');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 });
  assert.deepEqual(JSON.parse(run('--input-type=module', '--eval', FIND)), { file, lines: ["Browser: Playwright's chrome-headless-shell."] });
});

test('a configured browser that does not start is an error', () => {
  assert.throws(() => findBrowser('/nowhere/chromium', () => {}), /^Error: AUDIT_BROWSER does not start\. Give the path/);
});

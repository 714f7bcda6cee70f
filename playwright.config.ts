import { tmpdir } from 'node:os';
import path from 'node:path';
import { defineConfig } from '@playwright/test';
import { endAs } from './audit/run/exit-code.ts';

// Until the reporter has a verdict: arguments, settings or the browser are not as they must be, and nothing was sent.
endAs('cannot start');

// Playwright starts a new worker after each failed check. Compiling its own code again would take most of that time.
process.env['NODE_COMPILE_CACHE'] ??= path.join(tmpdir(), 'node-compile-cache');

/** The audit of a live deployment. One worker: checks share tenants, and the last of them exhaust a limit. */
export default defineConfig({
  testDir: 'audit/runner',
  testMatch: 'audit.spec.ts',
  globalSetup: './audit/runner/global-setup.ts',
  reporter: './audit/runner/reporter.ts',
  // One for each run, because Playwright empties the folder when it starts; nothing of it is used, and the repository may be read-only.
  outputDir: path.join(tmpdir(), `audit-playwright-${(process.env['AUDIT_INTERNAL_PID'] ??= String(process.pid))}`),
  workers: 1,
  // A retry could hide a fault that occurs in some requests only.
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  use: { trace: 'off', screenshot: 'off', video: 'off' },
  projects: [{ name: 'prod', workers: 1 }],
});

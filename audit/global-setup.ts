import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { FullConfig } from '@playwright/test';
import { readConfig } from './config.ts';
import { readContract } from './contract.ts';
import { proxyNotice, takeProxies } from './environment-proxy.ts';
import { isAlive } from './probe/journal.ts';
import { findBrowser, findOtherBrowser } from './probe/find-browser.ts';
import { BROWSER, RUN_DIRECTORY, STARTED_AT, secretNames, UNUSED_PROXIES } from './session.ts';
import { auditEnvironment, readTarget, SettingsError } from './target.ts';

/** Before anything is sent: the settings, the contract and a browser. What the workers need goes through their environment. */
// oxlint-disable-next-line no-default-export -- Playwright demands one here.
export default function globalSetup({ reporter, workers }: FullConfig): void {
  // Playwright alone would call a run with skipped checks a success.
  if (!reporter.some(([name]) => /report[\\/]reporter\.ts$/.test(name))) {
    throw new SettingsError(["--reporter: only the audit's own reporter gives the verdict, so leave it away."]);
  }
  if (workers !== 1) throw new SettingsError([`--workers=${workers}: the checks share tenants and buckets, so leave it at 1.`]);
  const env = auditEnvironment(process.env);
  const target = readTarget(env, secretNames(env));
  readConfig(env, Date.now());
  try {
    readContract(target.contractFile);
  } catch (error) {
    throw new SettingsError([`AUDIT_CONTRACT: ${target.contractFile} cannot be used: ${error instanceof Error ? error.message : 'unknown reason'}`]);
  }
  process.env[BROWSER] = findBrowser(env['AUDIT_BROWSER']?.trim() || undefined, (line) => console.log(line));
  findOtherBrowser('firefox', target.firefox);
  // Only now: a browser may have been installed through the proxy.
  const proxies = takeProxies(process.env);
  process.env[UNUSED_PROXIES] = proxies.join();
  const notice = proxyNotice(proxies);
  if (notice !== undefined) console.log(`Proxy: ${notice}`);
  const folder = path.dirname(target.runFile);
  sweep(folder);
  process.env[RUN_DIRECTORY] = path.join(folder, `run-${process.pid}-${randomBytes(6).toString('hex')}`);
  process.env[STARTED_AT] = String(Date.now());
}

/** Working folders of runs that did not reach their end. Their journals stay: they tell what is left at the target. */
function sweep(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = /^(?:run|playwright)-(\d+)/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

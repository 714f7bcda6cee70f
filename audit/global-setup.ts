import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { readContract } from './contract.ts';
import { findBrowser } from './probe/find-browser.ts';
import { BROWSER, RUN_DIRECTORY, STARTED_AT, secretNames } from './session.ts';
import { auditEnvironment, readTarget, SettingsError } from './target.ts';

/** Before anything is sent: the settings, the contract and a browser. What the workers need goes through their environment. */
// oxlint-disable-next-line no-default-export -- Playwright demands one here.
export default function globalSetup(): void {
  const env = auditEnvironment(process.env);
  const target = readTarget(env, secretNames());
  try {
    readContract(target.contractFile);
  } catch (error) {
    throw new SettingsError([`AUDIT_CONTRACT: ${target.contractFile} cannot be used: ${error instanceof Error ? error.message : 'unknown reason'}`]);
  }
  process.env[BROWSER] = findBrowser(env['AUDIT_BROWSER']?.trim() || undefined, (line) => console.log(line));
  process.env[RUN_DIRECTORY] = path.join(path.dirname(target.runFile), `run-${randomBytes(6).toString('hex')}`);
  process.env[STARTED_AT] = String(Date.now());
}

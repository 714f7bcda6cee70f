import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const AUDIT = path.join(import.meta.dirname, '..');
/** Written by `npm run prove`. */
export const RESULTS_FILE = path.join(AUDIT, '..', 'proving', 'RESULTS.md');

/** The latest results of the audit's mutation testing. */
export type ProvingResults = {
  /** One line. */
  summary: string;
  /** Whether the checks have changed since. */
  stale: boolean;
};

/** Null if there are no results. */
export function readProvingResults(file = RESULTS_FILE): ProvingResults | null {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const summary = /^\*\*(Caught .*)\*\*$/m.exec(text)?.[1];
  const checks = /^Checks: `([0-9a-f]+)`/m.exec(text)?.[1];
  return summary === undefined ? null : { summary, stale: checks !== fingerprintOfChecks() };
}

/** A hash of all sources that affect a check: what is sent, how it is judged, and which checks there are. */
export function fingerprintOfChecks(): string {
  const hash = createHash('sha256');
  const files = globSync('{model,contract,settings,gather,checks,runner}/**/*.ts', { cwd: AUDIT }).filter((file) => !file.endsWith('.test.ts'));
  for (const file of files.toSorted()) hash.update(`${file}\n${readFileSync(path.join(AUDIT, file), 'utf8')}\n`);
  return hash.digest('hex').slice(0, 16);
}

import type { FullConfig } from '@playwright/test';
import { prepareAudit } from './prepare.ts';
import { beginRun, endRun } from './run-lifecycle.ts';

/** @returns what Playwright calls when the tests are over, or interrupted */
// oxlint-disable-next-line no-default-export -- Playwright requires one here.
export default async function globalSetup({ reporter }: FullConfig): Promise<() => Promise<void>> {
  beginRun(await prepareAudit());
  const endsItself = reporter.some(([name]) => /runner[\\/]reporter\.ts$/.test(name));
  return async () => {
    // Other reporters own stdout, and do not end the run.
    if (!endsItself) await endRun({ isInterrupted: false, selected: undefined, errors: [] }, (line) => console.error(line));
  };
}

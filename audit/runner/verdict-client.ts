import http from 'node:http';
import { json } from 'node:stream/consumers';
import type { Verdict } from '../model/verdict.ts';
import type { TestsToRun } from './tests-to-run.ts';

/** What the audit's process passes to Playwright's workers, through their environment. */
export const SOCKET = 'AUDIT_INTERNAL_SOCKET';
export const TESTS = 'AUDIT_INTERNAL_TESTS';

/** `isRepeated`: the check could not begin, for a reason that another test has stated. */
export type VerdictOfTest = Pick<Verdict, 'outcome' | 'summary'> & { isRepeated: boolean };

/** From the environment: Playwright starts a new worker after each failure, and each would load the catalog. */
export async function readTests(): Promise<TestsToRun> {
  const passedOn = process.env[TESTS];
  if (passedOn !== undefined) return JSON.parse(passedOn) as TestsToRun;
  const { testsToRun } = await import('./tests-to-run.ts');
  return testsToRun({ release: undefined, tenants: { jwtSecret: '' } });
}

/** Requests the verdict of a check from the audit's process. @throws {Error} where that process does not respond */
export function requestVerdict(id: string): Promise<VerdictOfTest> {
  return new Promise((resolve, reject) => {
    http
      .get({ socketPath: process.env[SOCKET], path: `/${id}`, agent: false }, (response) => {
        json(response).then((verdict) => resolve(verdict as VerdictOfTest), reject);
      })
      .on('error', (error) => reject(new Error(`The process of the audit does not respond: ${error.message}`)));
  });
}

import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { runNpmScript } from '../../rehearsal/process/npm-script.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { report } from '../host/bench-progress.ts';

/** Round trips to the API in ms. */
const ROUND_TRIPS = [0, 50, 100, 200];
/** Audits of each; an odd number, so that the median is one of them. */
const ROUNDS = 3;

/** The fields that the benchmarks read from a saved run. */
type SavedRun = {
  readonly verdict: string;
  readonly duration_ms: number;
  readonly requests: number;
  readonly areas: readonly { readonly area: string; readonly requests: number; readonly ms: number }[];
};

export type TimedAudit = SavedRun & {
  readonly roundTripMs: number;
};

export type AuditFigures = {
  readonly runs: readonly TimedAudit[];
};

/** Runs the rehearsal with each round trip in turn. Each writes its report into its own folder below `into`. */
export async function measureAudit(into: string, signal: AbortSignal): Promise<AuditFigures> {
  const runs: TimedAudit[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const roundTripMs of ROUND_TRIPS) {
      signal.throwIfAborted();
      report(`audit: round trip of ${roundTripMs} ms, ${round} of ${ROUNDS}`);
      const directory = path.join(into, `${roundTripMs}`);
      await rm(directory, { recursive: true, force: true });
      const { verdict, duration_ms, requests, areas } = await rehearse(directory, roundTripMs);
      runs.push({ verdict, duration_ms, requests, areas, roundTripMs });
    }
  }
  return { runs };
}

/** The duration counts whatever the verdict. @throws when the audit saved no run */
async function rehearse(directory: string, roundTripMs: number): Promise<SavedRun> {
  const run = path.join(directory, 'run.json');
  const settings = { AUDIT_RUN: run, AUDIT_REPORT: path.join(directory, 'AUDIT_REPORT.md'), REHEARSAL_ROUND_TRIP_MS: String(roundTripMs) };
  const failure = await runNpmScript('rehearse', repository, settings).catch((error: unknown) => error);
  const text = await readFile(run, 'utf8').catch(() => undefined);
  if (text === undefined) throw failure ?? new Error('The rehearsal saved no run');
  return JSON.parse(text) as SavedRun;
}

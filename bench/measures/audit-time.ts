import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { runNpmScript } from '../../rehearsal/process/npm-script.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { say } from '../host/bench-progress.ts';

/** Milliseconds to the API and back. */
export const ROUND_TRIPS = [0, 50, 100, 200] as const;
/** Audits over each; an odd number, so that the median is one of them. */
const ROUNDS = 3;

/** What the benchmarks read of a saved run. */
type SavedRun = {
  readonly verdict: string;
  readonly duration_ms: number;
  readonly requests: number;
  readonly areas: readonly { readonly area: string; readonly requests: number; readonly ms: number }[];
};

export type Audited = SavedRun & {
  readonly roundTripMs: number;
};

export type AuditFigures = {
  readonly runs: readonly Audited[];
};

/** Runs the rehearsal from nearer and farther away, by turns. Its report goes into a folder of its own below `into`. */
export async function measureAudit(into: string, signal: AbortSignal, roundTrips: readonly number[] = ROUND_TRIPS): Promise<AuditFigures> {
  const runs: Audited[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const roundTripMs of roundTrips) {
      signal.throwIfAborted();
      say(`audit: ${roundTripMs} ms there and back, ${round} of ${ROUNDS}`);
      const directory = path.join(into, `${roundTripMs}`);
      await rm(directory, { recursive: true, force: true });
      const saved = await rehearse(directory, roundTripMs);
      runs.push({ ...pick(saved), roundTripMs });
    }
  }
  return { runs };
}

/** @throws when the audit saved nothing; one that did not prove the service has taken its time all the same */
async function rehearse(directory: string, roundTripMs: number): Promise<SavedRun> {
  const run = path.join(directory, 'run.json');
  const settings = { AUDIT_RUN: run, AUDIT_REPORT: path.join(directory, 'AUDIT_REPORT.md'), REHEARSAL_ROUND_TRIP_MS: String(roundTripMs) };
  const failure = await runNpmScript('rehearse', repository, settings).then(
    () => undefined,
    (error: unknown) => error,
  );
  const text = await readFile(run, 'utf8').catch(() => undefined);
  if (text === undefined) throw failure ?? new Error('the rehearsal saved no run');
  return JSON.parse(text) as SavedRun;
}

function pick({ verdict, duration_ms, requests, areas }: SavedRun): SavedRun {
  return { verdict, duration_ms, requests, areas };
}

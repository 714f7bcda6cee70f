import { setTimeout as sleep } from 'node:timers/promises';
import { answersQueries } from '../../rehearsal/stand-ins/postgres/admin.ts';
import type { Timeline } from './timeline.ts';

const RETURN_DEADLINE_MS = 30_000;

export type Outage = {
  /** Of the way the service takes. */
  readonly url: string;
  readonly lastsMs: number;
  readonly signal: AbortSignal;
  /** Resolves when it is gone. */
  takeAway(): Promise<void>;
  bringBack(): Promise<void>;
};

/** Takes the database away for a time. It is back when somebody who takes the service's way, and is not the service, gets an answer. */
export async function makeOutage({ url, lastsMs, signal, takeAway, bringBack }: Outage): Promise<Timeline> {
  const began = performance.now();
  await takeAway();
  const from = performance.now();
  await sleep(lastsMs, undefined, { signal });
  const until = performance.now();
  await bringBack();
  while (!(await answersQueries(url))) {
    signal.throwIfAborted();
    if (performance.now() > until + RETURN_DEADLINE_MS) throw new Error(`the database did not come back within ${RETURN_DEADLINE_MS / 1000} s`);
    await sleep(20);
  }
  return { began, unreachable: { from, until }, strained: false, returns: [performance.now()] };
}

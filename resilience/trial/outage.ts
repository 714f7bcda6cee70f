import { setTimeout as sleep } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import { acceptsQueries } from '../../rehearsal/stand-ins/postgres/admin.ts';
import type { Timeline } from './timeline.ts';

const RETURN_DEADLINE_MS = 30_000;

export type Outage = {
  /** The URL that the service uses. */
  readonly url: string;
  readonly lastsMs: number;
  readonly signal: AbortSignal;
  /** Resolves when the database is unreachable. */
  interrupt(): Promise<void>;
  restore(): Promise<void>;
};

/** Makes the database unreachable for a time. The outage ends when a query of ours succeeds on the service's URL. */
export async function causeOutage({ url, lastsMs, signal, interrupt, restore }: Outage): Promise<Timeline> {
  const began = performance.now();
  await interrupt();
  const from = performance.now();
  await sleep(lastsMs, undefined, { signal });
  const until = performance.now();
  await restore();
  const message = new Error(`The database did not return within ${RETURN_DEADLINE_MS / 1000} s`);
  await pWaitFor(() => acceptsQueries(url), { signal, timeout: { milliseconds: RETURN_DEADLINE_MS, message } });
  return { began, unreachable: { from, until }, strained: false, returns: [performance.now()] };
}

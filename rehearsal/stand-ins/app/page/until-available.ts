import { Unavailable } from './errors.ts';
import { announce, waitAnnounced } from './status.ts';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Repeats the call until there is a usable response, after the time that the server states, or else after 1, 2, 4, 8 and 15 seconds.
 * @param call must be safe to repeat
 * @throws whatever else the call throws, and the signal's reason
 */
export async function untilAvailable<Result>(call: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      const result = await call();
      signal?.throwIfAborted();
      if (attempt > 0) announce('Connected again.');
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Unavailable)) throw error;
      const ms = error.retryAfterMs ?? Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
      await waitAnnounced(`${error.message} Trying again in ${describeSeconds(ms)}.`, ms, signal);
    }
  }
}

function describeSeconds(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return seconds === 1 ? '1 second' : `${seconds} seconds`;
}

import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats an action with pauses, and returns the moments at which each ended. */
export async function repeat(times: number, pauseMs: number, signal: AbortSignal, act: () => Promise<unknown>): Promise<[number, ...number[]]> {
  await act();
  const ends: [number, ...number[]] = [performance.now()];
  while (ends.length < times) {
    await sleep(pauseMs, undefined, { signal });
    await act();
    ends.push(performance.now());
  }
  return ends;
}

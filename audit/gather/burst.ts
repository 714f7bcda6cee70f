/** Requests that are sent together: each waits until the connections of all are open. */
export type Burst = {
  /** For a request that has its connection. Resolves when all have joined, at the latest two seconds after the first. */
  join(): Promise<void>;
};

/** For connections that cannot be opened. Servers keep a connection without a request for longer. */
export const LONGEST_WAIT_MS = 2_000;

/** @param size how many requests will join */
export function createBurst(size: number): Burst {
  const { promise, resolve } = Promise.withResolvers<void>();
  let joined = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    join() {
      joined += 1;
      timer ??= setTimeout(resolve, LONGEST_WAIT_MS);
      if (joined === size) {
        clearTimeout(timer);
        resolve();
      }
      return promise;
    },
  };
}

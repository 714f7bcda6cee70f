const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an abort. Later ones change nothing: npm passes on what the terminal has
 * sent already, and what was started must still be stopped in order.
 */
export function listenForTermination(): AbortSignal {
  const controller = new AbortController();
  for (const name of signals) process.on(name, () => controller.abort(new Terminated(name)));
  return controller.signal;
}

/** The reason of the abort. */
export class Terminated extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

/** Resolves when the signal aborts. While it waits, the process stays alive. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  // A signal listener alone does not keep Node running.
  const alive = setInterval(() => undefined, 2 ** 31 - 1);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  clearInterval(alive);
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an abort. Later signals are ignored: npm forwards what the terminal has already
 * sent, and the shutdown must complete.
 */
export function listenForTermination(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) process.on(name, () => controller.abort(new Terminated(name)));
  return controller.signal;
}

/** The reason of the abort. */
export class Terminated extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`Ended by ${signal}`);
    this.signal = signal;
  }
}

/** Resolves when the signal aborts, and keeps the process alive until then. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  // A signal listener alone does not keep Node running.
  const alive = setInterval(() => undefined, 2 ** 31 - 1);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  clearInterval(alive);
}

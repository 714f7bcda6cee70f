import pLimit from 'p-limit';

/**
 * What a request showed about the load: its status, or none where there was no response; and how many milliseconds the response took, or none
 * where that is unknown.
 */
type Observed = { status?: number | undefined; ms?: number };

/** How many requests of the run may be in flight at once, over all of its clients and browsers. */
export type Load = {
  /** Sends when few enough requests are in flight; at once for the burst of a check whose load the contract or the config declares. */
  run<T>(send: () => Promise<T>, observed: (result: T) => Observed, options?: { burst?: boolean }): Promise<T>;
  /** How many requests were sent or are waiting. */
  count(): number;
};

/** Requests in flight at the start, and after each step. */
const STEPS = [8, 16, 32, 64] as const;
/** More need a declaration that the target serves so many requests at once. */
const MOST_UNDECLARED = 32;
/** Responses to observe at each step, as a multiple of it. */
const RESPONSES_PER_STEP = 2;
/** Of the median response time: two processors that serve twice the requests take twice as long for each. */
const LARGEST_RISE = 3;
/** The same for steps that need a declaration: a target that takes longer is busy, and more requests would only wait. */
const LARGEST_RISE_WHILE_IDLE = 1.5;
/** A rise that is smaller than this is not felt by users. */
const LEAST_RISE_MS = 250;
/** Of a target that is slow at the first step too: after so many, the load stays there. */
const MOST_RISES = 3;

/** @param declared how many requests the target serves at once, where its contract or the config file declares that */
export function stepsFor(declared = 0): readonly number[] {
  return STEPS.filter((step) => step <= Math.max(MOST_UNDECLARED, declared));
}

/**
 * Raises the load in steps while the target stays as fast as it was and returns no 5xx; afterwards it stays at the first step. Where the
 * target is slow at the first step too, the step was not the cause, and the load rises again once the target is as fast as before.
 * @param declared as in {@link stepsFor}
 */
export function createLoad(declared?: number): Load {
  const steps = stepsFor(declared);
  const queue = pLimit(STEPS[0]);
  let step = 0;
  let rises = 0;
  let isSuspect = false;
  let isStrained = false;
  let times: number[] = [];
  let usualMs: number | undefined;
  let count = 0;

  function observe(inFlight: number, { status, ms }: Observed): void {
    if (isStrained) return;
    const isBroken = status === undefined || status >= 500;
    if (isBroken && inFlight > STEPS[0]) {
      isStrained = true;
      return setStep(0);
    }
    // Requests that were sent almost alone, or before a return to the first step, show nothing about the step.
    if (isBroken || ms === undefined || (step > 0 && inFlight <= (steps[step - 1] ?? 0)) || inFlight > queue.concurrency) return;
    times.push(ms);
    if (times.length < RESPONSES_PER_STEP * queue.concurrency) return;
    const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    usualMs ??= median;
    const isSlow = median > LARGEST_RISE * usualMs && median > usualMs + LEAST_RISE_MS;
    if (isSlow && step > 0) rises += 1;
    // Fast at once after the return: the step was the cause.
    isStrained = rises === MOST_RISES || (isSuspect && !isSlow);
    isSuspect = isSlow && step > 0;
    const next = Math.min(step + 1, steps.length - 1);
    const isBusy = (steps[next] ?? 0) > MOST_UNDECLARED && median > LARGEST_RISE_WHILE_IDLE * usualMs;
    setStep(isSlow || isStrained ? 0 : isBusy ? next - 1 : next);
  }

  function setStep(to: number): void {
    step = to;
    times = [];
    queue.concurrency = steps[step] ?? STEPS[0];
  }

  return {
    run: (send, observed, { burst = false } = {}) => {
      count += 1;
      if (burst) return send();
      return queue(async () => {
        const inFlight = queue.activeCount;
        const result = await send();
        observe(inFlight, observed(result));
        return result;
      });
    },
    count: () => count,
  };
}

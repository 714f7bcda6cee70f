import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when the condition holds. @throws after `deadlineMs` */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>, deadlineMs = 20_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await sleep(20);
  }
}

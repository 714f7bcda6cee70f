import { say } from './process/progress.ts';
import { preferThisNode } from './process/repository-root.ts';
import { readRoundTrip, startStack } from './stack.ts';
import { listenForTermination, Terminated, untilAborted } from './process/termination.ts';

/** Brings the stack up, prints where it is, and leaves it up until SIGINT, SIGTERM or SIGHUP. */
async function main(): Promise<void> {
  preferThisNode();
  const terminated = listenForTermination();
  const stack = await startStack(terminated, readRoundTrip());
  try {
    const lines = Object.entries(stack.auditEnvironment).map(([name, value]) => `${name}=${value}`);
    process.stdout.write(`${[...lines, 'ready'].join('\n')}\n`);
    await untilAborted(terminated);
  } finally {
    await stack.stop();
  }
}

try {
  await main();
  say('everything is stopped');
} catch (error) {
  if (error instanceof Terminated) say('everything is stopped');
  else {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

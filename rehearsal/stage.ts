import { messageOf, report } from './process/progress.ts';
import { preferThisNode } from './process/repository-root.ts';
import { listenForTermination, Terminated, untilAborted } from './process/termination.ts';
import { readRoundTrip, startStack } from './stack.ts';

/** Starts the stack, prints where it is, and leaves it running until SIGINT, SIGTERM or SIGHUP. */
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
  report('everything is stopped');
} catch (error) {
  if (error instanceof Terminated) report('everything is stopped');
  else {
    report(messageOf(error));
    process.exitCode = 1;
  }
}

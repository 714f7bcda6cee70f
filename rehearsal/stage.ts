import { report } from './process/progress.ts';
import { preferThisNode } from './process/repository-root.ts';
import { runMain } from './process/run-main.ts';
import { listenForTermination, untilAborted } from './process/termination.ts';
import { startStack } from './stack.ts';

/** Starts the stack, prints where it is, and leaves it running until SIGINT, SIGTERM or SIGHUP. */
async function main(): Promise<never> {
  preferThisNode();
  const terminated = listenForTermination();
  const stack = await startStack(terminated);
  try {
    const lines = Object.entries(stack.auditEnvironment).map(([name, value]) => `${name}=${value}`);
    process.stdout.write(`${[...lines, 'ready'].join('\n')}\n`);
    await untilAborted(terminated);
    throw terminated.reason;
  } finally {
    await stack.stop();
  }
}

await runMain(main, report, 'everything is stopped');

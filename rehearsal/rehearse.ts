import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { endProcess } from './process/end-process.ts';
import { report } from './process/progress.ts';
import { preferThisNode, repository } from './process/repository-root.ts';
import { runMain } from './process/run-main.ts';
import { listenForTermination, Terminated } from './process/termination.ts';
import { startStack, type Stack } from './stack.ts';

/** Settings of the audit that do not select its target. All others would point it elsewhere than at the stack. */
const PASSED_SETTINGS = new Set(['AUDIT_REPORT', 'AUDIT_RUN', 'AUDIT_BROWSER', 'AUDIT_FIREFOX']);
/** How long an interrupted audit may take to remove what it created. */
const AUDIT_GRACE_MS = 15_000;

/** Runs the audit against its own stack and returns the audit's exit code. */
async function main(): Promise<number> {
  preferThisNode();
  const terminated = listenForTermination();
  const stack = await startStack(terminated);
  try {
    return await runAudit(stack, process.argv.slice(2), terminated);
  } finally {
    await stack.stop();
    report('everything is stopped');
  }
}

async function runAudit(stack: Stack, args: readonly string[], terminated: AbortSignal): Promise<number> {
  const playwright = createRequire(import.meta.url).resolve('@playwright/test/cli');
  // Detached, so that it receives one signal from us and not another from the terminal: on a second one Playwright stops at once.
  const child = spawn(process.execPath, [playwright, 'test', '--project=prod', ...args], {
    cwd: repository,
    detached: true,
    env: { ...withoutTarget(process.env), ...stack.auditEnvironment, ...stack.secrets },
    stdio: 'inherit',
  });
  const exited = once(child, 'exit');
  if (child.pid !== undefined) stack.watchdog.watch(child.pid, 'INT');
  const interrupt = (): void => void endProcess(child, 'SIGINT', AUDIT_GRACE_MS);
  terminated.addEventListener('abort', interrupt);
  if (terminated.aborted) interrupt();
  await exited;
  if (child.pid !== undefined) stack.watchdog.unwatch(child.pid);
  if (terminated.reason instanceof Terminated) throw terminated.reason;
  return child.exitCode ?? 1;
}

function withoutTarget(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AUDIT_') || PASSED_SETTINGS.has(name)));
}

await runMain(main, report);

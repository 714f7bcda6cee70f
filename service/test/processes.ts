import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
// oxlint-disable-next-line no-restricted-imports -- Test code may use the rehearsal's stand-ins.
import { findFreePort } from '../../rehearsal/process/free-port.ts';
import { eventually } from './eventually.ts';
import { betterAuthSecret, jwtSecret } from './tokens.ts';

export type ServiceProcess = {
  child: ChildProcess;
  /** Its stdout and stderr so far. */
  output(): string;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }>;
};

/** The service as it is deployed; `npm run test:unit` builds it first. It starts with a third of the processor time of the sources. */
export const SERVER = 'dist/server.js';
/** Halves the processor time of a start. The tests have another cache, because V8 rejects code that a process with other flags has stored. */
const COMPILE_CACHE = path.join(tmpdir(), 'node-compile-cache-of-service');

/**
 * Starts a program of the service with only the given environment, and a cache of the code compiled from TypeScript.
 * @param through a command that executes the program given as its arguments
 * @param account the user of the process
 */
export function startProcess(
  program: string,
  environment: Record<string, string>,
  through: readonly string[] = [],
  account: { uid?: number } = {},
): ServiceProcess {
  const [command, ...args] = [...through, process.execPath, program];
  const cwd = new URL('../..', import.meta.url);
  const env = program.endsWith('.ts') ? { NODE_COMPILE_CACHE: COMPILE_CACHE, ...environment } : environment;
  const child = spawn(command, args, { ...account, cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, output: printed }));
  return { child, output: () => printed, ended };
}

export type ListeningService = ServiceProcess & { port: number; url: string };

/** Long, for busy machines. */
const LISTENING_MS = 60_000;
const PORT_ATTEMPTS = 3;

/** Starts the service as a process on a free port. @throws with its output if it does not start to listen */
export async function startService(environment: Record<string, string>, through: readonly string[] = []): Promise<ListeningService> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const own = { NODE_ENV: 'test', PORT: String(port), JWT_SECRET: jwtSecret, BETTER_AUTH_SECRET: betterAuthSecret };
    const service = startProcess(SERVER, { ...own, ...environment }, through);
    let hasEnded = false;
    void service.ended.then(() => (hasEnded = true));
    await eventually('the service listens or ends', () => hasEnded || service.output().includes('"listening"'), LISTENING_MS);
    if (!hasEnded) return { ...service, port, url: `http://127.0.0.1:${port}` };
    // Another process may have taken the port in the meantime.
    if (attempt === PORT_ATTEMPTS || !service.output().includes('taken by another process'))
      throw new Error(`The service ended:\n${service.output()}`);
  }
}

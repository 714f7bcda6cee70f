import { type ChildProcessByStdio, spawn } from 'node:child_process';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

const ROOT = path.join(import.meta.dirname, '..', '..');
const PLAYWRIGHT = path.join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
/** What locates programs, browsers and compiled code. Nothing else of the caller's environment may change what is audited. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'NODE_COMPILE_CACHE', 'PLAYWRIGHT_BROWSERS_PATH', 'AUDIT_BROWSER', 'AUDIT_FIREFOX'];

type Options = {
  /** The repository that is inspected. */
  cwd: string;
  settings: Readonly<Record<string, string>>;
  /** The audit to run: this repository's, unless another one is given. */
  config?: string;
  args?: readonly string[];
};

/** The audit as users run it. */
export function startAudit({
  cwd,
  settings,
  config = path.join(ROOT, 'playwright.config.ts'),
  args = [],
}: Options): ChildProcessByStdio<null, Readable, Readable> {
  return startScript(PLAYWRIGHT, ['test', '--config', config, '--project=prod', ...args], { cwd, settings });
}

/** Node with a script, in a process group whose id is the child's, with nothing of the caller's environment but what locates programs. */
export function startScript(
  file: string,
  args: readonly string[],
  { cwd, settings }: Pick<Options, 'cwd' | 'settings'>,
): ChildProcessByStdio<null, Readable, Readable> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.includes(name)));
  return spawn(process.execPath, [file, ...args], { cwd, env: { ...inherited, ...settings }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

/** The output, stderr first, because the order of two pipes is unknown; and the exit code, null after a signal. */
export async function untilEnded(child: ReturnType<typeof startAudit>): Promise<{ code: number | null; output: string }> {
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [errors, results, code] = await Promise.all([text(child.stderr), text(child.stdout), ended]);
  return { code, output: errors + results };
}

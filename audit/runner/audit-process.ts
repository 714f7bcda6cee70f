import { type ChildProcessByStdio, spawn } from 'node:child_process';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

const ROOT = path.join(import.meta.dirname, '..', '..');
const PLAYWRIGHT = path.join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
/** What says where programs and browsers are; nothing else of the caller's environment may lead the audit somewhere. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'PLAYWRIGHT_BROWSERS_PATH', 'AUDIT_BROWSER', 'AUDIT_FIREFOX'];

type Options = {
  /** The repository it is made in. */
  cwd: string;
  settings: Readonly<Record<string, string>>;
  /** Whose audit it is: this repository's, unless another one is given. */
  config?: string;
  args?: readonly string[];
};

/** The audit as a process of its own, in a process group whose id is the child's. */
export function startAudit({
  cwd,
  settings,
  config = path.join(ROOT, 'playwright.config.ts'),
  args = [],
}: Options): ChildProcessByStdio<null, Readable, Readable> {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.includes(name)));
  return spawn(process.execPath, [PLAYWRIGHT, 'test', '--config', config, '--project=prod', ...args], {
    cwd,
    env: { ...own, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

/** What it printed, errors first: of two pipes nobody can tell what came when. And how it ended: null where a signal has ended it. */
export async function untilEnded(child: ReturnType<typeof startAudit>): Promise<{ code: number | null; output: string }> {
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [errors, results, code] = await Promise.all([text(child.stderr), text(child.stdout), ended]);
  return { code, output: errors + results };
}

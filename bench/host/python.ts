import { execFile } from 'node:child_process';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../../rehearsal/process/find-program.ts';
import { say } from './bench-progress.ts';

const run = promisify(execFile);

/** As FastAPI's own documentation installs them; each in its current release. uvicorn[standard] brings uvloop and httptools. */
const PACKAGES = ['fastapi', 'sqlmodel', 'sqlalchemy[asyncio]', 'asyncpg', 'pyjwt', 'uvicorn[standard]'];
const SHOWN = ['fastapi', 'sqlmodel', 'asyncpg', 'uvicorn', 'uvloop'];
const INSTALL_LIMIT_MS = 300_000;
/** Written last: an installation that was broken off lacks it. */
const COMPLETE = 'complete';

export type Python = {
  /** Of its programs, as an absolute path. */
  readonly bin: string;
  readonly versions: Readonly<Record<string, string>>;
};

/**
 * A virtual environment with what the FastAPI peer needs: the one in `directory`, or a new one. Delete it for newer releases.
 * @returns why there can be none on this machine, otherwise
 */
export async function preparePython(directory: string): Promise<Python | string> {
  const bin = path.join(directory, 'bin');
  if (!(await exists(path.join(directory, COMPLETE)))) {
    const python = findProgram('python3');
    if (python === undefined) return 'python3 is not installed';
    say('installing FastAPI from PyPI');
    try {
      await install(python, directory);
    } catch (error) {
      return `its packages could not be installed: ${lastLineOf(error)}`;
    }
  }
  return { bin, versions: await versionsIn(bin) };
}

async function install(python: string, directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(path.dirname(directory), { recursive: true });
  await run(python, ['-m', 'venv', directory]);
  const options = ['install', '--quiet', '--disable-pip-version-check'];
  await run(path.join(directory, 'bin', 'pip'), [...options, ...PACKAGES], { timeout: INSTALL_LIMIT_MS });
  await writeFile(path.join(directory, COMPLETE), '');
}

async function versionsIn(bin: string): Promise<Record<string, string>> {
  const program = `import json, platform, importlib.metadata as m
print(json.dumps({"python": platform.python_version(), **{name: m.version(name) for name in ${JSON.stringify(SHOWN)}}}))`;
  const { stdout } = await run(path.join(bin, 'python'), ['-c', program]);
  return JSON.parse(stdout) as Record<string, string>;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function lastLineOf(error: unknown): string {
  const output = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : String(error);
  return output.trim().split('\n').at(-1) ?? '';
}

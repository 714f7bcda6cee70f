import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { findProgram } from '../../rehearsal/process/find-program.ts';
import { report } from './bench-progress.ts';

/** Those of FastAPI's documentation, in their current releases. uvicorn[standard] includes uvloop and httptools. */
const PACKAGES = ['fastapi', 'sqlmodel', 'sqlalchemy[asyncio]', 'asyncpg', 'pyjwt', 'uvicorn[standard]'];
const REPORTED = ['fastapi', 'sqlmodel', 'asyncpg', 'uvicorn', 'uvloop'];
const INSTALL_DEADLINE_MS = 300_000;
/** Written last: an interrupted installation lacks it. */
const COMPLETE = 'complete';

export type Python = {
  /** The absolute path of its programs. */
  readonly bin: string;
  readonly versions: Readonly<Record<string, string>>;
};

/**
 * Creates a virtual environment for the FastAPI peer, unless `directory` has one. Delete it to get newer releases.
 * @returns the reason where this machine cannot have one
 */
export async function preparePython(directory: string): Promise<Python | string> {
  const bin = path.join(directory, 'bin');
  if (!existsSync(path.join(directory, COMPLETE))) {
    const python = findProgram('python3');
    if (python === undefined) return 'python3 is not installed';
    report('installing FastAPI from PyPI');
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
  await execa(python, ['-m', 'venv', directory]);
  const options = ['install', '--quiet', '--disable-pip-version-check'];
  await execa(path.join(directory, 'bin', 'pip'), [...options, ...PACKAGES], { timeout: INSTALL_DEADLINE_MS });
  await writeFile(path.join(directory, COMPLETE), '');
}

async function versionsIn(bin: string): Promise<Record<string, string>> {
  const program = `import json, platform, importlib.metadata as m
print(json.dumps({"python": platform.python_version(), **{name: m.version(name) for name in ${JSON.stringify(REPORTED)}}}))`;
  const { stdout } = await execa(path.join(bin, 'python'), ['-c', program]);
  return JSON.parse(stdout) as Record<string, string>;
}

function lastLineOf(error: unknown): string {
  const output = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : String(error);
  return output.trim().split('\n').at(-1) ?? '';
}

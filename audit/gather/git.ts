import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The error messages of git are parsed in English. Replacement objects and grafts would hide what a clone contains. A partial clone must
 * not fetch its missing objects: versions of git before 2.45 do not know GIT_NO_LAZY_FETCH, but allow no protocol.
 */
const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  LC_ALL: 'C',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_TERMINAL_PROMPT: '0',
});

/** @throws {Error} with git's reason and the remedy */
async function git(args: readonly string[]): Promise<string> {
  try {
    return (await run('git', args, { maxBuffer: Infinity, env: environment() })).stdout;
  } catch (error) {
    throw new Error(explanationOf(error));
  }
}

function explanationOf(error: unknown): string {
  const { code, stderr = '', message } = error as NodeJS.ErrnoException & { stderr?: string };
  if (code === 'ENOENT') return 'git is not installed. Install it';
  const reason = /^(?:fatal|error): (.*)$/m.exec(stderr)?.[1] ?? message.split('\n')[0] ?? '';
  const remedy = /^\s+(git config --global --add safe\.directory .*)$/m.exec(stderr)?.[1];
  if (remedy !== undefined) return `git failed: ${reason}. If you trust this directory, run: ${remedy}`;
  if (reason.startsWith('not a git repository')) return `git failed: ${reason}. Run the audit in a clone of the repository, with its .git directory`;
  if (/promisor|lazy fetch|protocol|transport '.*' not allowed/.test(stderr)) return `The clone is partial: ${reason}. ${FETCH_ALL}`;
  if (/\bmissing\b|unable to read|bad object|could not (?:read|get)/i.test(reason)) return `git does not have every object: ${reason}. ${FETCH_ALL}`;
  if (reason.startsWith('invalid filter-spec')) return `git failed: ${reason}. Install git 2.32 or later`;
  return `git failed: ${reason}`;
}

/** `--refetch` also fetches objects that git believes to have (git 2.36). */
const FETCH_ALL = 'Fetch all objects with git fetch --refetch --no-filter, or clone the repository without --filter';

/** The error for an object that is not in the repository. */
export function missingObject(id: string): Error {
  return new Error(`git does not have the object ${id}. ${FETCH_ALL}`);
}

export async function gitLines(...args: string[]): Promise<string[]> {
  return (await git(args)).split('\n').filter(Boolean);
}

/** Without the quotes that git adds around names that are not ASCII. */
export async function gitNames(...args: string[]): Promise<string[]> {
  return (await git([...args, '-z'])).split('\0').filter(Boolean);
}

/** A running git, whose output is read while it works, so that memory does not depend on its length. */
export type RunningGit = {
  stdin: Writable;
  stdout: Readable;
  /** Resolves when git has ended. @throws {Error} with git's reason and the remedy, where it failed */
  ended(): Promise<void>;
  stop(): void;
};

export function startGit(...args: string[]): RunningGit {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn('git', args, { stdio: 'pipe', env: environment() });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-LONGEST_ERROR)));
  // Its exit code explains why a pipe was closed.
  child.stdin.on('error', () => {});
  const closed = once(child, 'close') as Promise<[number | null]>;
  closed.catch(() => {});
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    async ended() {
      const [code] = await closed.catch((error: unknown) => {
        throw new Error(explanationOf(error));
      });
      if (code !== 0) throw new Error(explanationOf({ stderr, message: `git ${args[0]} exited with ${code}` }));
    },
    stop: () => void child.kill(),
  };
}

const LONGEST_ERROR = 10_000;

/** The lines that git prints, as they come. Their bytes are characters (latin1), because a path can have any encoding. */
export async function* gitLinesAsTheyCome(...args: string[]): AsyncGenerator<string[]> {
  const running = startGit(...args);
  running.stdin.end();
  let rest = '';
  try {
    for await (const text of running.stdout.setEncoding('latin1') as AsyncIterable<string>) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) yield lines;
    }
    if (rest !== '') yield [rest];
    await running.ended();
  } finally {
    running.stop();
  }
}

/** Text whose characters are bytes. */
export function inUtf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

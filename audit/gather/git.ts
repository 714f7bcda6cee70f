import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LARGEST_BLOB_BYTES = 20_000_000;
/** The error messages of git are parsed in English. */
const environment = (): NodeJS.ProcessEnv => ({ ...process.env, LC_ALL: 'C' });

export type Blob = { file: string; text: string };

/** @throws {Error} with git's reason and the remedy */
async function git(args: readonly string[]): Promise<string> {
  try {
    return (await run('git', args, { maxBuffer: 64_000_000, env: environment() })).stdout;
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
  return `git failed: ${reason}`;
}

export async function gitLines(...args: string[]): Promise<string[]> {
  return (await git(args)).split('\n').filter(Boolean);
}

/** Without the quotes that git adds around names that are not ASCII. */
export async function gitNames(...args: string[]): Promise<string[]> {
  return (await git([...args, '-z'])).split('\0').filter(Boolean);
}

/**
 * All blobs reachable from any ref, each once, from one `git cat-file`, and the messages of commits and tags.
 * @throws {Error} where git does not have all of them
 */
export async function readHistory(): Promise<{ blobs: Blob[]; names: string[]; unread: string[] }> {
  const lines = await gitLines('rev-list', '--objects', '--all');
  // An object's id has 40 hex digits, or 64 in a repository whose object format is SHA-256.
  const names = new Map(lines.map((line) => /^([0-9a-f]+) (.+)$/.exec(line)).flatMap((found) => (found ? [[found[1] ?? '', found[2] ?? '']] : [])));
  const output = await readObjects([...names.keys()]);
  const messages = [...(await gitLines('log', '--all', '--format=%B')), ...(await gitLines('for-each-ref', '--format=%(contents)', 'refs/tags'))];
  const blobs: Blob[] = [{ file: 'messages of commits and tags', text: messages.join('\n') }];
  const unread: string[] = [];
  for (let position = 0; position < output.length;) {
    const end = output.indexOf('\n', position);
    const [name = '', type = '', size] = output.toString('utf8', position, end).split(' ');
    const length = Number(size);
    const file = names.get(name) ?? name;
    if (!Number.isSafeInteger(length)) throw new Error(`git does not have ${file} (${type}). Fetch the whole repository`);
    if (type === 'blob' && length > LARGEST_BLOB_BYTES) unread.push(file);
    else if (type === 'blob') blobs.push({ file, text: output.toString('utf8', end + 1, end + 1 + length) });
    position = end + 1 + length + 1;
  }
  return { blobs, names: [...names.values()], unread };
}

/** The output of `git cat-file --batch`: for each object a line with id, type and size, the content, and a line feed. */
function readObjects(ids: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['cat-file', '--batch'], { stdio: ['pipe', 'pipe', 'ignore'], env: environment() });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(`git cat-file exited with ${code}`))));
    child.stdin.on('error', () => {});
    child.stdin.end(ids.map((id) => `${id}\n`).join(''));
  });
}

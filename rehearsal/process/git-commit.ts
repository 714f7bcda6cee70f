import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The commit that is checked out in a directory; undefined without git, or when the directory is not the root of a repository. */
export async function readCommit(directory: string): Promise<string | undefined> {
  try {
    // The prefix is empty only at the root of a repository: an export inside another repository must not report that one's commit.
    const { stdout } = await run('git', ['rev-parse', '--show-prefix', 'HEAD'], { cwd: directory });
    return /^\n([0-9a-f]{40})\n$/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

import { execa } from 'execa';

/** The commit that is checked out in a directory; undefined without git, or when the directory is not the root of a repository. */
export async function readCommit(directory: string): Promise<string | undefined> {
  // The prefix is empty only at the root of a repository: an export inside another repository must not report that one's commit.
  const { stdout } = await execa('git', ['rev-parse', '--show-prefix', 'HEAD'], { cwd: directory, reject: false });
  return /^\n([0-9a-f]{40})$/.exec(stdout ?? '')?.[1];
}

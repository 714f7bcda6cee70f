import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';

/** A directory for the repositories of a test file, without settings of the person who runs the tests, and without a repository above. */
export function repositories(): { folder(): string; enter(name: string): string } {
  const startedIn = process.cwd();
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'repositories-'));
    Object.assign(process.env, { GIT_CONFIG_GLOBAL: path.join(folder, 'gitconfig'), GIT_CONFIG_NOSYSTEM: '1', GIT_CEILING_DIRECTORIES: tmpdir() });
  });
  after(() => {
    process.chdir(startedIn);
    rmSync(folder, { recursive: true });
  });
  return {
    folder: () => folder,
    /** Creates the directory and makes it the working directory. */
    enter(name) {
      const directory = path.join(folder, name);
      mkdirSync(directory, { recursive: true });
      process.chdir(directory);
      return directory;
    },
  };
}

/** Runs git in the working directory. */
export function git(...args: readonly string[]): string {
  return execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Commits these files, or removes those without text. */
export function commit(files: Readonly<Record<string, string | Buffer | undefined>>, message = 'Change files', date = '2026-01-02T03:04:05Z'): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(file), { recursive: true });
    if (text === undefined) rmSync(file);
    else writeFileSync(file, text);
  }
  git('add', '--all', '.');
  process.env['GIT_COMMITTER_DATE'] = date;
  git('commit', '--quiet', '--allow-empty', '--date', date, '--message', message);
}

/** A private key that no file of this repository contains. */
export function privateKey(start = 'MHcCAQEEIA0123456789'): string {
  const armor = (word: string): string => `-----${word} EC PRIVATE KEY-----\n`;
  return `${armor('BEGIN')}${start.repeat(8)}\n${armor('END')}`;
}

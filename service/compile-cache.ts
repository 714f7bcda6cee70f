import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { flushCompileCache, getCompileCacheDir } from 'node:module';
import path from 'node:path';
import { succeeds } from './succeeds.ts';

export type CompileCacheUse = 'accepted' | 'rejected' | 'absent' | 'unknown';

/**
 * Whether this process loaded its code from the compile cache that the build wrote to dist/. Call it once, after the bundle is loaded.
 * Node does not report it, but a flush rewrites exactly the entries that V8 rejected.
 * @returns `absent` without an entry for this Node, architecture, V8 flags and CPU; `unknown` if the directory is read-only
 */
export function useOfCompileCache(): CompileCacheUse {
  const directory = getCompileCacheDir();
  if (directory === undefined) return 'absent';
  const before = entriesOf(directory);
  if (before === '') return 'absent';
  if (!succeeds(() => accessSync(directory, constants.W_OK))) return 'unknown';
  flushCompileCache();
  return entriesOf(directory) === before ? 'accepted' : 'rejected';
}

/** Node replaces an entry by renaming a new file, so a rewritten entry has another inode. */
function entriesOf(directory: string): string {
  return readdirSync(directory)
    .map((name) => `${name} ${statSync(path.join(directory, name)).ino}`)
    .join();
}

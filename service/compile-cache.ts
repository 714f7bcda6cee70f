import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { flushCompileCache, getCompileCacheDir } from 'node:module';
import { join } from 'node:path';

export type CompileCacheUse = 'accepted' | 'rejected' | 'absent' | 'unknown';

/**
 * Whether this process took its code from the compile cache that the build left in dist/. Call it once, after the bundle is loaded.
 * Node has no function that reports it. But a flush writes each entry that V8 could not use again, and leaves the others alone.
 * @returns `absent` without an entry for this Node, architecture, V8 flags and CPU; `unknown` where a flush cannot write
 */
export function useOfCompileCache(): CompileCacheUse {
  const directory = getCompileCacheDir();
  if (directory === undefined) return 'absent';
  const before = entriesOf(directory);
  if (before === '') return 'absent';
  if (!isWritable(directory)) return 'unknown';
  flushCompileCache();
  return entriesOf(directory) === before ? 'accepted' : 'rejected';
}

/** Node replaces an entry by renaming a new file, so a rewritten entry has another inode. */
function entriesOf(directory: string): string {
  return readdirSync(directory)
    .map((name) => `${name} ${statSync(join(directory, name)).ino}`)
    .join();
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

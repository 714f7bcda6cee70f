import path from 'node:path';

/** The root of this clone, without a trailing slash. */
export const repository = path.join(import.meta.dirname, '..', '..');

/**
 * Puts the Node this process runs on in front of the PATH, so that what is started by name (the Procfile's `node`, npm's
 * scripts) runs on it too when an entry is started without npm.
 */
export function preferThisNode(): void {
  process.env['PATH'] = [path.dirname(process.execPath), process.env['PATH']].filter(Boolean).join(path.delimiter);
}

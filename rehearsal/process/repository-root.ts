import path from 'node:path';

/** The root of this clone, without a trailing slash. */
export const repository = path.join(import.meta.dirname, '..', '..');

/** Puts the running Node first on PATH, so that the Procfile's `node` and npm's scripts use it too when npm did not start us. */
export function preferThisNode(): void {
  process.env['PATH'] = [path.dirname(process.execPath), process.env['PATH']].filter(Boolean).join(path.delimiter);
}

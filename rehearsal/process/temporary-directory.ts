import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLeash, type Leash } from './watchdog.ts';

/** A directory that does not outlive this process, however it ends. */
export type ThrowAway = {
  readonly directory: string;
  readonly leash: Leash;
  remove(): Promise<void>;
};

/** Makes an empty directory below the system's temporary one. What is secret in it needs a mode of its own. */
export async function createThrowAway(): Promise<ThrowAway> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tasks-api-'));
  // The account under which root runs PostgreSQL must get through to the data, without seeing what else is here.
  await chmod(directory, 0o711);
  const leash = openLeash(directory);
  return {
    directory,
    leash,
    remove: async () => {
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
      await leash.close();
    },
  };
}

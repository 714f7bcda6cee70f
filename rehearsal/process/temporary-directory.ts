import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startWatchdog, type Watchdog } from './watchdog.ts';

/** A directory that is removed when this process ends, however it ends. */
export type TemporaryDirectory = {
  readonly directory: string;
  readonly watchdog: Watchdog;
  remove(): Promise<void>;
};

/** Creates an empty directory below the system's temporary one. Secret files in it need a restrictive mode. */
export async function createTemporaryDirectory(): Promise<TemporaryDirectory> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tasks-api-'));
  // The account that runs PostgreSQL for root must reach its data, without listing the other files.
  await chmod(directory, 0o711);
  const watchdog = startWatchdog(directory);
  return {
    directory,
    watchdog,
    remove: async () => {
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
      await watchdog.close();
    },
  };
}

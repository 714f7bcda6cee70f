import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Claims the clone for this process by a file with its number. A claim whose process is gone is taken over.
 * @throws when another `npm run dev` is running
 */
export async function claim(file: string): Promise<{ release(): Promise<void> }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFile(file, `${process.pid}\n`, { flag: 'wx' });
      return { release: () => rm(file, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (attempt > 1 || (await isDev(holder))) {
      throw new Error(`npm run dev is already running in this clone (process ${holder}). Use that one, or stop it with Ctrl-C first.`);
    }
    await rm(file, { force: true });
  }
}

/** Whether that number still belongs to a run of this entry, and not to a stranger who got it later. */
async function isDev(pid: number): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  const command =
    process.platform === 'linux'
      ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      : await run('ps', ['-o', 'command=', '-p', String(pid)]).then(
          ({ stdout }) => stdout,
          () => '',
        );
  return command.includes('rehearsal/dev/dev.ts');
}

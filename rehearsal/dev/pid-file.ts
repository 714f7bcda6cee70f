import { readFile, rm, writeFile } from 'node:fs/promises';
import { execa } from 'execa';

/**
 * Creates a file with the id of this process, and replaces that of a process that has ended.
 * @throws when another `npm run dev` is running
 */
export async function createPidFile(file: string): Promise<{ remove(): Promise<void> }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFile(file, `${process.pid}\n`, { flag: 'wx' });
      return { remove: () => rm(file, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const pid = Number(await readFile(file, 'utf8').catch(() => ''));
    if (attempt > 1 || (await isDev(pid))) {
      throw new Error(`npm run dev is already running in this clone (process ${pid}). Use that one, or stop it with Ctrl-C.`);
    }
    await rm(file, { force: true });
  }
}

/** Whether the process is a run of dev.ts, and not another one that got its id later. */
async function isDev(pid: number): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  const command =
    process.platform === 'linux'
      ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      : (await execa('ps', ['-o', 'command=', '-p', String(pid)], { reject: false })).stdout;
  return command.includes('rehearsal/dev/dev.ts');
}

import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const IDLE_WINDOW_MS = 50;
const IDLE_LIMIT_MS = 10_000;

/** What Linux tells of a process in /proc/<pid>/stat. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
export type ProcessStat = {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of all its threads, in clock ticks. */
  readonly ticks: number;
  /** The same of the children it has waited for, and of theirs. */
  readonly waitedTicks: number;
};

/** @throws when the text is not of that form */
export function parseStat(text: string): ProcessStat {
  // The name, in parentheses, may hold anything, parentheses and blanks too.
  const nameEnds = text.lastIndexOf(')');
  const fields = text
    .slice(nameEnds + 2)
    .trim()
    .split(' ');
  const [parent, user, system, waitedUser, waitedSystem] = [1, 11, 12, 13, 14].map((index) => Number(fields[index]));
  const numbers = { pid: Number.parseInt(text, 10), parent, ticks: sum(user, system), waitedTicks: sum(waitedUser, waitedSystem) };
  if (nameEnds < 0 || parent === undefined || !Object.values(numbers).every(Number.isInteger)) throw new Error('not a line of /proc/<pid>/stat');
  return { ...numbers, parent };
}

/** The process and all that descend from it. */
export function treeOf(root: number, processes: readonly ProcessStat[]): ProcessStat[] {
  const own = processes.filter(({ pid }) => pid === root);
  const below = processes.filter(({ parent }) => parent === root).flatMap(({ pid }) => treeOf(pid, processes));
  return [...own, ...below];
}

/**
 * One of the memory figures in /proc/<pid>/status, in MB of 1,000,000 bytes.
 * @param figure VmRSS: resident now; VmHWM: the most there ever was
 */
export function parseMemory(status: string, figure: 'VmRSS' | 'VmHWM'): number {
  const kibibytes = new RegExp(`^${figure}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`no ${figure} in /proc/<pid>/status`);
  return (Number(kibibytes) * 1_024) / 1e6;
}

/** Microseconds of processor time that a process and its descendants have used so far. */
export async function cpuOf(pid: number): Promise<number> {
  const tree = treeOf(pid, await readAll());
  return tree.reduce((all, { ticks, waitedTicks }) => all + ticks + waitedTicks, 0) * microsecondsPerTick();
}

/** Resolves once a process has next to nothing left to do; after 10 s in any case. */
export async function untilIdle(pid: number): Promise<void> {
  const deadline = performance.now() + IDLE_LIMIT_MS;
  while (performance.now() < deadline) {
    const before = await cpuOf(pid);
    await sleep(IDLE_WINDOW_MS);
    if ((await cpuOf(pid)) - before <= microsecondsPerTick()) return;
  }
}

/** Microseconds of processor time of the children this process had and that have ended. */
export async function cpuOfEndedChildren(): Promise<number> {
  return parseStat(await readFile('/proc/self/stat', 'utf8')).waitedTicks * microsecondsPerTick();
}

/** MB of a process and its descendants together. */
export async function memoryOf(pid: number, figure: 'VmRSS' | 'VmHWM'): Promise<number> {
  const tree = treeOf(pid, await readAll());
  const each = await Promise.all(tree.map(async (one) => parseMemory(await readFile(`/proc/${one.pid}/status`, 'utf8'), figure)));
  return each.reduce((all, memory) => all + memory, 0);
}

/** @throws where there is no /proc, as on macOS */
async function readAll(): Promise<ProcessStat[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // One that has ended meanwhile has no file any more.
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)));
  return texts.flatMap((text) => (text === undefined ? [] : [parseStat(text)]));
}

let tick: number | undefined;

function microsecondsPerTick(): number {
  tick ??= 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return tick;
}

function sum(a = Number.NaN, b = Number.NaN): number {
  return a + b;
}

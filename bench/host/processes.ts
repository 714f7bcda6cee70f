import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';

const IDLE_WINDOW_MS = 50;
const IDLE_DEADLINE_MS = 10_000;

/** From /proc/<pid>/stat. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
export type ProcessStat = {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of all its threads, in clock ticks. */
  readonly ticks: number;
  /** The same for its reaped children and theirs. */
  readonly waitedTicks: number;
};

/** @throws when the text has another format */
export function parseStat(text: string): ProcessStat {
  // The name in parentheses may itself contain parentheses and spaces.
  const nameEnds = text.lastIndexOf(')');
  const fields = text
    .slice(nameEnds + 2)
    .trim()
    .split(' ');
  const [parent, user, system, waitedUser, waitedSystem] = [1, 11, 12, 13, 14].map((index) => Number(fields[index]));
  const numbers = { pid: Number.parseInt(text, 10), parent, ticks: sum(user, system), waitedTicks: sum(waitedUser, waitedSystem) };
  if (nameEnds < 0 || parent === undefined || !Object.values(numbers).every(Number.isInteger)) throw new Error('Not a line of /proc/<pid>/stat');
  return { ...numbers, parent };
}

/** The process and its descendants. */
export function treeOf(root: number, processes: readonly ProcessStat[]): ProcessStat[] {
  const own = processes.filter(({ pid }) => pid === root);
  const below = processes.filter(({ parent }) => parent === root).flatMap(({ pid }) => treeOf(pid, processes));
  return [...own, ...below];
}

/**
 * One of the memory figures in /proc/<pid>/status, in MB of 1,000,000 bytes.
 * @param figure VmRSS: resident now; VmHWM: peak resident
 */
export function parseMemory(status: string, figure: 'VmRSS' | 'VmHWM'): number {
  const kibibytes = new RegExp(`^${figure}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`There is no ${figure} in /proc/<pid>/status`);
  return (Number(kibibytes) * 1_024) / 1e6;
}

/** The process that started another one. */
export async function parentOf(pid: number): Promise<number> {
  return parseStat(await readFile(`/proc/${pid}/stat`, 'utf8')).parent;
}

/** Microseconds of processor time that a process and its descendants have used. */
export async function cpuOf(pid: number): Promise<number> {
  const tree = treeOf(pid, await readAll());
  return tree.reduce((all, { ticks, waitedTicks }) => all + ticks + waitedTicks, 0) * microsecondsPerTick();
}

/** Resolves once a process uses almost no processor time, or after 10 s. */
export async function untilIdle(pid: number): Promise<void> {
  const isIdle = async (): Promise<boolean> => {
    const before = await cpuOf(pid);
    await sleep(IDLE_WINDOW_MS);
    return (await cpuOf(pid)) - before <= microsecondsPerTick();
  };
  await pWaitFor(isIdle, { interval: 0, timeout: { milliseconds: IDLE_DEADLINE_MS, fallback: () => undefined } });
}

/** Microseconds of processor time of this process's ended children. */
export async function cpuOfEndedChildren(): Promise<number> {
  return parseStat(await readFile('/proc/self/stat', 'utf8')).waitedTicks * microsecondsPerTick();
}

/** Total MB of a process and its descendants. */
export async function memoryOf(pid: number, figure: 'VmRSS' | 'VmHWM'): Promise<number> {
  const tree = treeOf(pid, await readAll());
  const each = await Promise.all(tree.map(async (one) => parseMemory(await readFile(`/proc/${one.pid}/status`, 'utf8'), figure)));
  return each.reduce((all, memory) => all + memory, 0);
}

/** @throws without /proc, as on macOS */
async function readAll(): Promise<ProcessStat[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // A process that has ended meanwhile has no file.
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

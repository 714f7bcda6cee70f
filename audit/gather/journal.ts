import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseJson } from '../model/json.ts';

/** Written before an object is created, so the next run can delete what a killed process leaves. */
export type JournalEntry = {
  apiUrl: string;
  pid: number;
  /** Whether the tenants were minted with the target's key; otherwise their tokens were given. */
  minted: boolean;
  userIds: readonly string[];
};

/** An object of a run, and its owner where the token names one. */
export type JournaledObject = { collection: string; id: string; userId: string | null };

export type Journal = {
  /** Records the tenants before they own an object, once. */
  open(entryOf: () => JournalEntry): void;
  /** Records further tenants before they own an object. */
  addOwners(userIds: readonly string[]): void;
  /** Records a created object. */
  add(object: JournaledObject): void;
  /** Whether objects of this run may be left. */
  isOpen(): boolean;
  /** Deletes the journal, once every object is confirmed as deleted. */
  close(): void;
  /** The journals of runs that ended without closing theirs. */
  abandoned(): AbandonedJournal[];
};

export type AbandonedJournal = { entry: JournalEntry; objects: readonly JournaledObject[]; forget: () => void };

export function createJournal(folder: string, runId: string): Journal {
  const file = path.join(folder, `journal-${runId}.json`);
  return {
    open(entryOf) {
      if (existsSync(file)) return;
      mkdirSync(folder, { recursive: true });
      appendFileSync(file, `${JSON.stringify(entryOf())}\n`);
    },
    addOwners: (userIds) => appendFileSync(file, `${JSON.stringify({ userIds })}\n`),
    add: (object) => appendFileSync(file, `${JSON.stringify(object)}\n`),
    isOpen: () => existsSync(file),
    close: () => rmSync(file, { force: true }),
    abandoned() {
      if (!existsSync(folder)) return [];
      return readdirSync(folder)
        .filter((name) => /^journal-.*\.json$/.test(name) && name !== path.basename(file))
        .map((name) => path.join(folder, name))
        .flatMap((other) => readEntry(other))
        .filter(({ entry }) => !isAlive(entry.pid));
    },
  };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** An incomplete first line was never followed by an object, so such a journal is deleted. */
function readEntry(file: string): AbandonedJournal[] {
  const forget = (): void => rmSync(file, { force: true });
  const [first, ...lines] = readFileSync(file, 'utf8').split('\n').map(parseJson);
  if (first !== undefined) {
    const entry = first as JournalEntry;
    const known = lines.filter((line) => line !== undefined) as (JournaledObject | Pick<JournalEntry, 'userIds'>)[];
    const userIds = [entry, ...known].flatMap((line) => ('userIds' in line ? line.userIds : []));
    return [{ entry: { ...entry, userIds: [...new Set(userIds)] }, objects: known.filter((line) => 'id' in line), forget }];
  }
  forget();
  return [];
}

import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

/** A line is written before an object is created: what the process does not survive, the next run removes. */
export type JournalEntry = {
  apiUrl: string;
  pid: number;
  /** Whether the tenants were minted with the target's key, or given by their tokens. */
  minted: boolean;
  userIds: readonly string[];
};

/** An object of a run, and its owner as far as the token names one. */
export type JournalledObject = { collection: string; id: string; userId: string | null };

export type Journal = {
  /** Notes that these tenants are about to own something. */
  open(entry: JournalEntry): void;
  /** Notes an object that was created. */
  add(object: JournalledObject): void;
  /** Whether something may be left of this run. */
  isOpen(): boolean;
  /** Everything was seen to be gone. */
  close(): void;
  /** The journals of runs that ended without closing theirs. */
  abandoned(): AbandonedJournal[];
};

export type AbandonedJournal = { entry: JournalEntry; objects: readonly JournalledObject[]; forget: () => void };

export function createJournal(folder: string, runId: string): Journal {
  const file = path.join(folder, `journal-${runId}.json`);
  return {
    open(entry) {
      mkdirSync(folder, { recursive: true });
      if (!existsSync(file)) appendFileSync(file, `${JSON.stringify(entry)}\n`);
    },
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

/** A first line that was cut off was never followed by an object: such a journal is dropped. */
function readEntry(file: string): AbandonedJournal[] {
  const forget = (): void => rmSync(file, { force: true });
  const [entry, ...objects] = readFileSync(file, 'utf8').split('\n').map(parse);
  if (entry !== undefined)
    return [{ entry: entry as JournalEntry, objects: objects.filter((object) => object !== undefined) as JournalledObject[], forget }];
  forget();
  return [];
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

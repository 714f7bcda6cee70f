import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

/** Every object the audit makes carries this in its text, so that it can be told from a user's own. */
export const MARKER = 'audit-canary-';

/** A line is written before an object is created: what the process does not survive, the next run removes. */
export type JournalEntry = {
  apiUrl: string;
  pid: number;
  /** Whether the tenants were minted with the target's key, or given by their tokens. */
  minted: boolean;
  userIds: readonly string[];
};

export type Journal = {
  /** Notes that these tenants are about to own something. */
  open(entry: JournalEntry): void;
  /** Everything was seen to be gone. */
  close(): void;
  /** The journals of runs that ended without closing theirs. */
  abandoned(): { entry: JournalEntry; forget: () => void }[];
};

export function createJournal(folder: string, runId: string): Journal {
  const file = path.join(folder, `journal-${runId}.json`);
  return {
    open(entry) {
      mkdirSync(folder, { recursive: true });
      if (!existsSync(file)) appendFileSync(file, JSON.stringify(entry));
    },
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

/** A journal that was cut off while it was written was never followed by an object: it is dropped. */
function readEntry(file: string): { entry: JournalEntry; forget: () => void }[] {
  const forget = (): void => rmSync(file, { force: true });
  try {
    return [{ entry: JSON.parse(readFileSync(file, 'utf8')) as JournalEntry, forget }];
  } catch {
    forget();
    return [];
  }
}

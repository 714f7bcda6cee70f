import { createHash, randomBytes, scryptSync } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { IdFlags } from './id-flags.ts';

/** Objects in which an earlier scan found nothing. */
export type ScanCache = {
  /** Begins the names of its files; undefined where nothing is stored. */
  prefix: string | undefined;
  has(id: Buffer): boolean;
  add(id: Buffer): void;
  /** Stores what was added since the last time. A directory that cannot be written costs time only. */
  save(): void;
};

/**
 * What was searched for: the rules of this name (the scanner and its version), or these values. Objects without a match are stored for
 * exactly these.
 */
export type Subject = { rules: string } | { values: readonly string[] };

/** Each run adds a file. From this number on they are merged. */
const MOST_FILES = 8;
/** Several deployments can be audited from one clone, each with its own values. */
const MOST_SETS_OF_VALUES = 4;
/** About 0.1 s and 32 MB for each guess. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64_000_000 };

/**
 * Opens the stored ids of a subject: files of object ids, named after a digest of the subject. Each audit only adds files of its own, whole, so
 * that several can run at once.
 *
 * No value and no digest of a single value is stored. The name contains an scrypt digest of all values together, with a random salt of this
 * clone: to test a guess of a weak password, a reader of the file must know every other value too, which includes the key of the tokens.
 * @param directory in the git directory; without one nothing is stored
 * @param flag of the ids of this subject
 */
export function openScanCache(
  directory: string | undefined,
  { ids, idBytes, flag }: { ids: IdFlags; /** Length of an id. */ idBytes: number; flag: number },
  subject: Subject,
): ScanCache {
  const has = (id: Buffer): boolean => ids.has(id, flag);
  const prefix = directory === undefined ? undefined : prefixOf(directory, subject);
  if (directory === undefined || prefix === undefined) return { prefix: undefined, has, add: (id) => void ids.add(id, flag), save: () => {} };

  let added: Buffer[] = [];
  const files = filesIn(directory, prefix);
  const contents = files.map(read);
  for (const bytes of contents) for (let end = idBytes; end <= bytes.length; end += idBytes) ids.add(bytes.subarray(end - idBytes, end), flag);
  removeOthers(directory, prefix);
  if (files.length >= MOST_FILES && write(contents.map((bytes) => bytes.subarray(0, bytes.length - (bytes.length % idBytes)))))
    for (const file of files) attempt(() => rmSync(file, { force: true }));

  function write(list: readonly Buffer[]): boolean {
    const name = path.join(directory ?? '', `${prefix}${randomBytes(8).toString('hex')}`);
    return attempt(() => {
      writeFileSync(`${name}.new`, Buffer.concat(list), { mode: 0o600, flag: 'wx' });
      renameSync(`${name}.new`, `${name}.ids`);
    });
  }

  return {
    prefix,
    has,
    add(id) {
      if (ids.add(id, flag)) added.push(Buffer.from(id));
    },
    save() {
      if (added.length > 0 && write(added)) added = [];
    },
  };
}

/** Undefined where the directory cannot be used. */
function prefixOf(directory: string, subject: Subject): string | undefined {
  if ('rules' in subject) return `rules-${createHash('sha256').update(subject.rules).digest('hex').slice(0, 32)}-`;
  const salt = saltIn(directory);
  if (salt === undefined) return undefined;
  const values = JSON.stringify([...new Set(subject.values)].toSorted());
  return `values-${scryptSync(values, salt, 16, SCRYPT).toString('hex')}-`;
}

/** Created once, whole, by whichever audit is first. */
function saltIn(directory: string): Buffer | undefined {
  const file = path.join(directory, 'salt');
  const created = `${file}-${randomBytes(8).toString('hex')}`;
  attempt(() => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (read(file).length > 0) return;
    writeFileSync(created, randomBytes(32), { mode: 0o600, flag: 'wx' });
    linkSync(created, file);
  });
  attempt(() => rmSync(created, { force: true }));
  const salt = read(file);
  return salt.length === 32 ? salt : undefined;
}

function filesIn(directory: string, prefix: string): string[] {
  attempt(() => mkdirSync(directory, { recursive: true, mode: 0o700 }));
  return namesIn(directory)
    .filter((name) => name.startsWith(prefix) && name.endsWith('.ids'))
    .map((name) => path.join(directory, name));
}

/** Files of other rules, and of all but the latest sets of values. */
function removeOthers(directory: string, prefix: string): void {
  const kind = prefix.slice(0, prefix.indexOf('-') + 1);
  const others = Map.groupBy(
    namesIn(directory).filter((name) => name.startsWith(kind) && !name.startsWith(prefix)),
    (name) => name.slice(0, name.lastIndexOf('-') + 1),
  );
  const newest = (names: readonly string[]): number => Math.max(...names.map((name) => modified(path.join(directory, name))));
  const byAge = [...others.values()].toSorted((a, b) => newest(b) - newest(a));
  for (const names of byAge.slice(kind === 'values-' ? MOST_SETS_OF_VALUES - 1 : 0))
    for (const name of names) attempt(() => rmSync(path.join(directory, name), { force: true }));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Empty where another audit has just removed the file. */
function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    // The repository is read-only, or another audit was faster.
    return false;
  }
}

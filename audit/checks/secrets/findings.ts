import { createHash } from 'node:crypto';
import type { Place } from '../../gather/git-history.ts';
import { inUtf8 } from '../../gather/git.ts';

/** A commit that added a secret. The commit is empty for what no commit adds, such as the message of a tag. */
type SecretPlace = { commit: string; /** ISO 8601. */ date: string; file: string };
/** Where a secret was added to the history. */
type Appearance = { first: SecretPlace; last: SecretPlace; commits: number; files: number };

/** One secret, wherever it is. The secret itself is not stored. */
export type SecretFound = {
  /** The rule of the scanner, or the name of the value. */
  rule: string;
  /**
   * One for each place, the oldest first. A fingerprint is a digest of the rule and the place (object id and offset), not of the secret: a
   * password in a URL could be guessed from its digest in a published report. A version of a file never changes, so that a place stands for
   * the text that was reviewed there. Empty for a value.
   */
  fingerprints: readonly string[];
  /** In the working tree. */
  files: readonly string[];
  /** Null where it is in no commit. */
  history: Appearance | null;
};

/** Where something is: a file of the working tree, or an object of the history. */
type Found = { id: string; file: string; isInTree: boolean };

export type Findings = {
  /** @param value identifies the secret; only a digest of it is in memory */
  addSecret(found: Found, rule: string, value: string, offset: number): void;
  addValue(found: Found, name: string): void;
  /** Ids of the objects of the history that contain something. */
  objects(): ReadonlySet<string>;
  /** @param places of these objects */
  secrets(places: Places): SecretFound[];
  exactValues(places: Places): SecretFound[];
};

type Places = ReadonlyMap<string, readonly Place[]>;
/** Where one secret is. */
type Group = { rule: string; fingerprints: Map<string, Set<string>>; files: Set<string>; objects: Map<string, string> };

export function createFindings(): Findings {
  const secrets = new Map<string, Group>();
  const values = new Map<string, Group>();

  function add(groups: Map<string, Group>, key: string, rule: string, { id, file, isInTree }: Found): Group {
    const group = groups.get(key) ?? { rule, fingerprints: new Map(), files: new Set(), objects: new Map() };
    groups.set(key, group);
    if (isInTree) group.files.add(file);
    else group.objects.set(id, file);
    return group;
  }

  return {
    addSecret(found, rule, value, offset) {
      const { fingerprints } = add(secrets, digest(rule, value), rule, found);
      fingerprints.set(found.id, (fingerprints.get(found.id) ?? new Set()).add(fingerprintOf(rule, found.id, offset)));
    },
    addValue: (found, name) => void add(values, name, name, found),
    objects: () => new Set([...secrets.values(), ...values.values()].flatMap(({ objects }) => [...objects.keys()])),
    secrets: (places) => [...secrets.values()].map((group) => summaryOf(group, places)),
    exactValues: (places) => [...values.values()].map((group) => summaryOf(group, places)),
  };
}

function summaryOf({ rule, fingerprints, files, objects }: Group, places: Places): SecretFound {
  const position = (id: string): number => places.get(id)?.at(-1)?.position ?? -1;
  const oldest = [...fingerprints].toSorted(([a], [b]) => position(b) - position(a) || a.localeCompare(b));
  const inCommits = [...objects.keys()]
    .flatMap((id) => places.get(id) ?? [])
    .filter(({ commit }) => commit !== '')
    .toSorted((a, b) => b.position - a.position)
    .map(({ commit, date, path }) => ({ commit, date, file: path === '' ? 'the message' : inUtf8(path) }));
  // Such as the message of a tag.
  const elsewhere = [...objects.values()].map((file) => ({ commit: '', date: '', file }));
  return {
    rule,
    fingerprints: oldest.flatMap(([, each]) => [...each]),
    files: [...files],
    history: appearanceOf(inCommits) ?? appearanceOf(elsewhere) ?? null,
  };
}

/** @param places the oldest first */
function appearanceOf(places: readonly SecretPlace[]): Appearance | undefined {
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { first, last, commits: new Set(places.map(({ commit }) => commit)).size, files: new Set(places.map(({ file }) => file)).size };
}

/** @param offset in characters */
export function fingerprintOf(rule: string, objectId: string, offset: number): string {
  return digest(rule, objectId, String(offset)).slice(0, 16);
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

import { gitLinesAsTheyCome } from './git.ts';

/** A commit that added something. */
export type Place = {
  commit: string;
  /** ISO 8601. */
  date: string;
  file: string;
  /** In the log: 0 is the newest commit. */
  position: number;
};

/** Where something appeared in the history. */
export type Appearance = { first: Place; last: Place; commits: number; files: number };

/**
 * The commits that added each of these objects, newest first, as versions of files or as messages. A merge counts only where the version is
 * in none of its parents.
 */
export async function findPlaces(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly Place[]>> {
  const places = new Map<string, Place[]>();
  if (ids.size === 0) return places;
  const add = (id: string, place: Place): void => {
    if (ids.has(id)) places.set(id, [...(places.get(id) ?? []), place]);
  };
  const log = gitLinesAsTheyCome(...LOG, '--raw', '--no-abbrev', '--format=%H %cs');
  let [commit, date, position] = ['', '', -1];
  for await (const lines of log) {
    for (const line of lines) {
      // Each parent has a colon. Modes and ids of the parents come before those of the commit.
      const [, colons = '', fields = '', path = ''] = /^(:+)([^\t]+)\t(.*)$/.exec(line) ?? [];
      if (colons !== '') add(fields.split(' ')[2 * colons.length + 1] ?? '', { commit, date, file: inUtf8(path), position });
      else if (line !== '') {
        [commit = '', date = ''] = line.split(' ');
        position += 1;
        add(commit, { commit, date, file: MESSAGE, position });
      }
    }
  }
  return places;
}

const MESSAGE = 'its message';
/** Every commit, compared with its parents; a merge only where it differs from all of them. */
const LOG = ['-c', 'core.quotePath=false', '-c', 'log.showRoot=true', 'log', '--all', '--full-history', '-c', '--no-renames', '--no-show-signature'];

/** The paths of all files that any commit has added, also those whose content another file has as well. */
export async function pathsInHistory(...patterns: string[]): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  for await (const lines of gitLinesAsTheyCome(...LOG, '--name-only', '--diff-filter=A', '--format=', '--', ...patterns))
    // git adds quotes around names with control characters.
    for (const line of lines) if (line !== '') paths.add(inUtf8(line.replaceAll(/^"|"$/g, '')));
  return paths;
}

/** Of text whose characters are bytes. */
export function inUtf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The appearance of several objects as one; undefined where no commit has them. */
export function appearanceOf(places: readonly Place[]): Appearance | undefined {
  const sorted = places.toSorted((a, b) => b.position - a.position);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { first, last, commits: new Set(places.map(({ commit }) => commit)).size, files: new Set(places.map(({ file }) => file)).size };
}

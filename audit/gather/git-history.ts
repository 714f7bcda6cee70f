import { gitLines, gitLinesAsTheyCome } from './git.ts';

/** A version of a file as a commit added it, or the message of a commit or tag. */
export type HistoryEntry = Place & {
  /** Of the object, hexadecimal. */
  id: string;
};

/** Where the history has something. */
export type Place = {
  /** Empty for what no commit adds, such as a tag. */
  commit: string;
  /** ISO 8601. */
  date: string;
  /** The path, in latin1; empty for the message of a commit. */
  path: string;
  /** In the log: 0 is the newest commit. */
  position: number;
};

/** Every commit, compared with its parents; a merge only where it differs from all of them. */
const LOG = ['-c', 'log.showRoot=true', '-c', 'core.quotePath=false', 'log', '--all', '--full-history', '-c', '--no-renames', '--no-show-signature'];
const SUBMODULE = '160000';

/**
 * Every version of every file with every path that any ref reaches, and all commits and tags, in batches, the newest first. The same object
 * can come several times.
 * @param without commits whose history is left out
 * @throws {Error} where git does not have a commit or directory
 */
export async function* listHistory(without: readonly string[] = []): AsyncGenerator<HistoryEntry[]> {
  let [commit, date, position] = ['', '', -1];
  for await (const lines of gitLinesAsTheyCome(...LOG, '--raw', '--no-abbrev', '--format=%H %cs', '--not', ...without)) {
    const entries: HistoryEntry[] = [];
    for (const line of lines) {
      if (line.startsWith(':')) {
        const change = changeIn(line);
        if (change !== undefined) entries.push({ commit, date, position, ...change });
      } else if (line !== '') {
        [commit = '', date = ''] = line.split(' ');
        position += 1;
        entries.push({ id: commit, commit, date, path: '', position });
      }
    }
    yield entries;
  }
  yield* listTags();
}

/** A colon for each parent, the modes and then the ids of the parents, each followed by that of the commit, and the path. */
function changeIn(line: string): { id: string; path: string } | undefined {
  const tab = line.indexOf('\t');
  const parents = line.startsWith('::') ? line.lastIndexOf(':', line.indexOf(' ')) + 1 : 1;
  const modes = parents + parents * MODE_WIDTH;
  const ids = modes + MODE_WIDTH;
  const width = line.indexOf(' ', ids) + 1 - ids;
  const id = line.slice(ids + parents * width, ids + (parents + 1) * width - 1);
  if (line.startsWith(SUBMODULE, modes) || id.startsWith(NO_ID)) return undefined;
  const path = line.slice(tab + 1);
  // git adds quotes around names with control characters.
  return { id, path: path.startsWith('"') ? path.slice(1, -1) : path };
}

/** Six digits and a space. */
const MODE_WIDTH = 7;
/** Of a file that is removed. No object has such an id. */
const NO_ID = '0'.repeat(40);

/** Tags with a message, and what tags of a directory or file reach. */
async function* listTags(): AsyncGenerator<HistoryEntry[]> {
  const nowhere = { commit: '', date: '', position: 0 };
  const refs = (await gitLines('for-each-ref', '--format=%(objecttype) %(*objecttype) %(objectname) %(refname:lstrip=2)')).map((line) =>
    line.split(' '),
  );
  yield refs.filter(([type]) => type === 'tag').map(([, , id = '', ...name]) => ({ ...nowhere, id, path: name.join(' ') }));
  const unusual = refs.filter(([type, target]) => (target === '' ? type : target) !== 'commit').map(([, , id = '']) => id);
  if (unusual.length === 0) return;
  for await (const lines of gitLinesAsTheyCome('rev-list', '--objects', '--no-walk', ...unusual))
    yield lines.map((line) => ({ ...nowhere, id: line.split(' ')[0] ?? '', path: line.slice(line.indexOf(' ') + 1) }));
}

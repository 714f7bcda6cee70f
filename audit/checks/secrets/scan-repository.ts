import { createHash } from 'node:crypto';
import path from 'node:path';
import { listHistory } from '../../gather/git-history.ts';
import { type ObjectName, type ObjectPart, readObjects } from '../../gather/git-objects.ts';
import { gitLines, gitNames, inUtf8 } from '../../gather/git.ts';
import { SHORTEST_SECRET } from '../../gather/redactor.ts';
import { createValueSearch } from './exact-values.ts';
import { createFindings, type SecretFound } from './findings.ts';
import { createIdFlags } from './id-flags.ts';
import { createPlaces } from './places.ts';
import { openScanCache, type ScanCache } from './scan-cache.ts';
import { currentTips, readScannedTips, storeScannedTips } from './scanned-tips.ts';
import { kindOfName, SCANNER_VERSION, scannerWorks } from './scanner.ts';
import { createSearch, type Work } from './search.ts';
import { readTreeFile } from './tree-file.ts';

export type RepositoryScan = {
  filesInTree: number;
  commitsInHistory: number;
  /** Secrets that the scanner recognizes. */
  found: readonly SecretFound[];
  /** Names of the secrets whose exact values were searched for, and those that were found. */
  exactNames: readonly string[];
  exactFound: readonly SecretFound[];
  /** In the working tree or in any commit. */
  trackedEnvironmentFiles: readonly string[];
  /** Files of the working tree that cannot be read. */
  unread: readonly string[];
  /** Whether the scanner found generated keys in this run. */
  scannerWorks: boolean;
  /** How many files and objects no earlier scan had read, and the milliseconds it took. */
  patterns: Work;
  values: Work;
};

type Options = {
  secrets: Readonly<Record<string, string>>;
  onProgress: (objects: number) => void;
};

const CACHE = 'audit-scan-cache';
/** Flags of object ids. Those of listed ids begin at the last one, by the kind of their name. */
const [CLEAN, WITHOUT_VALUES, LISTED] = [1, 2, 4] as const;
const PROGRESS_MS = 5_000;
/** What an interrupted scan loses. */
const SAVE_MS = 10_000;

/**
 * Scans the working tree and everything in the history by the scanner's rules, and searches them for the exact values. What earlier scans have
 * read is not read again. Memory does not depend on the number of objects, except for their ids.
 * @throws {Error} where git does not have every object
 */
export async function scanRepository({ secrets, onProgress }: Options): Promise<RepositoryScan> {
  const tracked = await gitNames('ls-files');
  // A file that is neither tracked nor ignored can be committed by accident.
  const present = [...tracked, ...(await gitNames('ls-files', '--others', '--exclude-standard'))];
  const algorithm = (await gitLines('rev-parse', '--show-object-format'))[0] ?? 'sha1';
  const directory = await cacheDirectory(tracked);
  const idBytes = createHash(algorithm).digest().length;
  const ids = createIdFlags(idBytes);
  const values = Object.values(secrets);
  const findings = createFindings();
  const caches = {
    patterns: openScanCache(directory, { ids, idBytes, flag: CLEAN }, { rules: SCANNER_VERSION }),
    values: values.length === 0 ? undefined : openScanCache(directory, { ids, idBytes, flag: WITHOUT_VALUES }, { values }),
  };
  const search = createSearch({ ...caches, findValues: createValueSearch(secrets), findings });
  const tipsFile = fileOfTips(directory, caches);
  const scanned = await readScannedTips(tipsFile);
  const tips = await currentTips();
  const everyFewSeconds = [every(PROGRESS_MS, onProgress), every(SAVE_MS, search.save)];

  const unread: string[] = [];
  let filesInTree = 0;
  for (const file of present) {
    const content = await readTreeFile(file, algorithm);
    if (content === 'unreadable') unread.push(file);
    if (typeof content === 'string') continue;
    filesInTree += 1;
    if (search.isKnown(Buffer.from(content.id, 'hex'), file)) continue;
    for await (const part of content.parts()) await search.read({ ...part, id: content.id, file, isInTree: true });
  }

  const environmentFiles = new Set(present.filter(isEnvironmentFile));
  const places = createPlaces();
  let { commits } = scanned;
  let read = 0;
  /** Each object once, and once more where rules apply to another of its names. */
  async function* unknownObjects(): AsyncGenerator<ObjectName[]> {
    for await (const batch of listHistory(scanned.tips))
      yield batch.filter((entry) => {
        const { commit, path: name } = entry;
        const id = Buffer.from(entry.id, 'hex');
        const kind = kindOfName(name);
        const isFirst = ids.add(id, LISTED);
        const isKnown = search.isKnown(id, name);
        if (isFirst && entry.id === commit) commits += 1;
        if (isEnvironmentFile(name)) environmentFiles.add(inUtf8(name));
        if (isKnown) return false;
        places.add(entry);
        return kind === 0 ? isFirst : ids.add(id, LISTED << kind);
      });
  }
  for await (const part of readObjects(unknownObjects())) {
    await search.read({ ...part, file: nameOf(part), isInTree: false });
    if (part.isLast) read += 1;
    for (const report of everyFewSeconds) report(read);
  }
  search.save();
  const found = await places.of(findings.objects());
  const foundNothing = findings.objects().size === 0 && environmentFiles.size === 0;
  if (foundNothing) storeScannedTips(tipsFile, { tips, commits });
  return {
    filesInTree,
    commitsInHistory: commits,
    found: findings.secrets(found),
    // The redactor does not search for shorter values, because they occur by chance.
    exactNames: Object.keys(secrets).filter((name) => (secrets[name]?.length ?? 0) >= SHORTEST_SECRET),
    exactFound: findings.exactValues(found),
    trackedEnvironmentFiles: [...environmentFiles],
    unread,
    scannerWorks: await scannerWorks(),
    ...search.work,
  };
}

/** In the git directory, which all worktrees share. Undefined where the repository tracks it: it would be another's claim. */
async function cacheDirectory(tracked: readonly string[]): Promise<string | undefined> {
  const directory = path.resolve((await gitLines('rev-parse', '--git-common-dir'))[0] ?? '', CACHE);
  return tracked.some((file) => path.resolve(file).startsWith(directory)) ? undefined : directory;
}

/** Of a scan for the same rules and the same values. */
function fileOfTips(directory: string | undefined, { patterns, values }: { patterns: ScanCache; values: ScanCache | undefined }): string | undefined {
  const [rules, subject] = [patterns.prefix, (values ?? patterns).prefix];
  if (directory === undefined || rules === undefined || subject === undefined) return undefined;
  return path.join(directory, `${subject}${rules.replaceAll(/^rules-|-$/g, '')}.json`);
}

function isEnvironmentFile(file: string): boolean {
  return file.includes('.env') && /(^|\/)[^/]*\.env(\.[^/]*)?$/.test(file) && !file.endsWith('.env.example');
}

function nameOf({ type, id, path: name }: ObjectPart): string {
  if (type === 'blob') return inUtf8(name);
  return type === 'tag' ? `the message of the tag ${inUtf8(name)}` : `the message of commit ${id.slice(0, 12)}`;
}

function every(ms: number, report: (count: number) => void): (count: number) => void {
  let last = performance.now();
  return (count) => {
    const now = performance.now();
    if (now - last < ms) return;
    last = now;
    report(count);
  };
}

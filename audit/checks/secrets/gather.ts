import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Inspection } from '../../model/exchange.ts';
import { counted } from '../../model/wording.ts';
import { gitLines, gitNames, readHistory } from '../../gather/git.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { recordInspection } from '../../gather/ledger.ts';
import { SHORTEST_SECRET } from '../../gather/redactor.ts';
import { GENERATED_KEYS, openScanner, type SecretFound } from './scanner.ts';

export type SecretsEvidence = {
  inspection: Inspection;
  /** Why nothing could be scanned. */
  problem?: string;
  filesInTree: number;
  blobsInHistory: number;
  inTree: readonly SecretFound[];
  inHistory: readonly SecretFound[];
  /** Names of the secrets whose exact values were searched for, and the files that contain one. */
  exactNames: readonly string[];
  exactFound: readonly SecretFound[];
  /** In the working tree or in any commit. */
  trackedEnvironmentFiles: readonly string[];
  /** Files of the history that are too large to scan. */
  unread: readonly string[];
  /** Whether the scanner found generated keys in this run. */
  scannerWorks: boolean;
};

type SecretsContext = Pick<GatherContext, 'ledger' | 'evidenceName' | 'redactor'> & { target: Pick<GatherContext['target'], 'secrets'> };
type Scanned = Omit<SecretsEvidence, 'inspection' | 'problem'>;

export const secretsEvidence: Evidence<SecretsEvidence> = { name: 'secrets', area: 'secrets', gather: gatherSecrets };

const NOTHING_SCANNED: Scanned = {
  filesInTree: 0,
  blobsInHistory: 0,
  inTree: [],
  inHistory: [],
  exactNames: [],
  exactFound: [],
  trackedEnvironmentFiles: [],
  unread: [],
  scannerWorks: false,
};

/** Scans the working tree and every blob in the history by the scanner's rules, and searches them for the exact values. */
export async function gatherSecrets(context: SecretsContext): Promise<SecretsEvidence> {
  const at = Date.now();
  const inspect = (subject: string): Inspection => recordInspection(context, subject, at);
  try {
    if ((await gitLines('rev-parse', '--is-shallow-repository'))[0] === 'true')
      return {
        ...NOTHING_SCANNED,
        inspection: inspect('git history: shallow'),
        problem: 'The clone is shallow, so most of the history is missing. Fetch it with git fetch --unshallow.',
      };
    const scanned = await scanRepository(context);
    const commits = Number((await gitLines('rev-list', '--all', '--count'))[0]);
    const [files, blobs] = [counted(scanned.filesInTree, 'file'), counted(scanned.blobsInHistory, 'blob')];
    return { ...scanned, inspection: inspect(`the working tree (${files}) and the history (${blobs} of ${counted(commits, 'commit')})`) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'git does not work here';
    return { ...NOTHING_SCANNED, inspection: inspect('git: not usable here'), problem };
  }
}

async function scanRepository({ redactor, target: { secrets } }: SecretsContext): Promise<Scanned> {
  // A file that is neither tracked nor ignored can be committed by accident.
  const present = [...(await gitNames('ls-files')), ...(await gitNames('ls-files', '--others', '--exclude-standard'))];
  const tree = await Promise.all(present.map(async (file) => ({ file, text: await readFile(file, 'utf8').catch(() => '') })));
  const { blobs: history, names, unread } = await readHistory();
  const exactFound = [...tree, ...history].flatMap(({ file, text }) =>
    // In UTF-16 every other byte of ASCII text is NUL.
    [...redactor.find(text.replaceAll('\0', '')), ...tokensIn(text, Object.values(secrets))].map((rule) => ({ file, rule })),
  );
  const scanner = openScanner(path.join((await gitLines('rev-parse', '--absolute-git-dir'))[0] ?? '', 'audit-scanned'));
  const [inTree, inHistory] = [await scanner.scan(tree), await scanner.scan(history)];
  scanner.save();
  return {
    filesInTree: tree.length,
    blobsInHistory: history.length,
    inTree,
    inHistory,
    // The redactor does not search for shorter values, because they occur by chance.
    exactNames: Object.keys(secrets).filter((name) => (secrets[name]?.length ?? 0) >= SHORTEST_SECRET),
    exactFound,
    trackedEnvironmentFiles: [...new Set([...present, ...names])].filter(isEnvironmentFile),
    unread,
    scannerWorks: (await openScanner(undefined).scan(GENERATED_KEYS)).length === GENERATED_KEYS.length,
  };
}

function isEnvironmentFile(file: string): boolean {
  return /(^|\/)[^/]*\.env(\.[^/]*)?$/.test(file) && !file.endsWith('.env.example');
}

/** Tokens that one of the keys has signed: they give access to an account. */
function tokensIn(text: string, keys: readonly string[]): string[] {
  const found = [...text.matchAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]{43}\b/g)].some(([token]) => {
    const end = token.lastIndexOf('.');
    return keys.some((key) => createHmac('sha256', key).update(token.slice(0, end)).digest('base64url') === token.slice(end + 1));
  });
  return found ? ['a valid token'] : [];
}

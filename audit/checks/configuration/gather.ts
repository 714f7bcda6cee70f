import { createHmac } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { creator as recommended } from '@secretlint/secretlint-rule-preset-recommend';
import { satisfies, validRange } from 'semver';
import type { Inspection } from '../../model/exchange.ts';
import { type Blob, gitLines, gitNames, readHistory } from '../../gather/git.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';
import { SHORTEST_SECRET } from '../../gather/redactor.ts';

/** A place a secret was found in; the secret itself is not kept. */
export type SecretFound = { file: string; rule: string };

export type SecretsEvidence = {
  inspection: Inspection;
  problem?: string;
  filesInTree: number;
  blobsInHistory: number;
  commits: number;
  inTree: readonly SecretFound[];
  inHistory: readonly SecretFound[];
  /** Exact values of the environment's secrets: which were looked for, and where they stood. */
  exactNames: readonly string[];
  exactFound: readonly SecretFound[];
  /** Now or in any commit. */
  trackedEnvironmentFiles: readonly string[];
  /** Files of the history that are too large to be read. */
  unread: readonly string[];
  /** That the scanner finds a key it is shown, in this very run. */
  scannerWorks: boolean;
};

export const configurationEvidence: Evidence<ConfigurationEvidence> = { name: 'configuration', area: 'configuration', gather: gatherConfiguration };

export const secretsEvidence: Evidence<SecretsEvidence> = { name: 'secrets', area: 'secrets', gather: gatherSecrets };

/** The working tree and every blob any commit ever held: the scanner's rules, then the exact values. */
export async function gatherSecrets(
  context: Pick<GatherContext, 'ledger' | 'evidenceName' | 'redactor'> & { target: Pick<GatherContext['target'], 'secrets'> },
): Promise<SecretsEvidence> {
  const at = Date.now();
  const done = (subject: string): Inspection => context.ledger.inspection({ evidence: context.evidenceName(), subject, at, ms: Date.now() - at });
  const none = {
    filesInTree: 0,
    blobsInHistory: 0,
    commits: 0,
    inTree: [],
    inHistory: [],
    exactNames: [],
    exactFound: [],
    trackedEnvironmentFiles: [],
    unread: [],
    scannerWorks: false,
  };
  try {
    const shallow = (await gitLines('rev-parse', '--is-shallow-repository'))[0] === 'true';
    if (shallow)
      return {
        ...none,
        inspection: done('git history: shallow'),
        problem: 'the clone is shallow, so most of the history is not here: fetch all of it (git fetch --unshallow)',
      };
    const tracked = await gitNames('ls-files');
    // A file that is neither tracked nor ignored is one commit away.
    const present = [...tracked, ...(await gitNames('ls-files', '--others', '--exclude-standard'))];
    const tree = await Promise.all(present.map(async (file) => ({ file, text: await readFile(file, 'utf8').catch(() => '') })));
    const { blobs: history, names, unread } = await readHistory();
    const commits = Number((await gitLines('rev-list', '--all', '--count'))[0]);
    const { secrets } = context.target;
    const known = new Map<string, SecretFound[]>();
    const shown = [
      { file: 'shown-rsa.pem', text: plantedKey('RSA', 'MIIEowIBAAKCAQEA'.repeat(5)) },
      { file: 'shown-ec.pem', text: plantedKey('EC', 'MHcCAQEEIA0123456789') },
    ];
    const exactFound = [...tree, ...history].flatMap(({ file, text }) =>
      // In UTF-16 every other byte is empty.
      [...context.redactor.find(text.replaceAll('\0', '')), ...tokensIn(text, Object.values(secrets))].map((rule) => ({ file, rule })),
    );
    return {
      inspection: done(`the working tree (${tree.length} files) and the history (${history.length} blobs of ${commits} commits)`),
      filesInTree: tree.length,
      blobsInHistory: history.length,
      commits,
      inTree: await scan(tree, known),
      inHistory: await scan(history, known),
      // A shorter value would stand somewhere by chance, so it is not looked for.
      exactNames: Object.keys(secrets).filter((name) => (secrets[name]?.length ?? 0) >= SHORTEST_SECRET),
      exactFound,
      trackedEnvironmentFiles: [...new Set([...present, ...names])].filter(
        (file) => /(^|\/)[^/]*\.env(\.[^/]*)?$/.test(file) && !file.endsWith('.env.example'),
      ),
      unread,
      scannerWorks: (await scan(shown)).length === shown.length,
    };
  } catch (error) {
    return {
      ...none,
      inspection: done('git: not usable here'),
      problem: error instanceof Error ? error.message : 'git cannot be used here',
    };
  }
}

// It notes when each rule began and ended on each file, for nobody.
secretLintProfiler.setEnabled(false);

/** @param known what was found in files of the same name and text: most of the tree stands in the history as well */
async function scan(blobs: readonly Blob[], known = new Map<string, SecretFound[]>()): Promise<SecretFound[]> {
  const found: SecretFound[] = [];
  for (const { file, text } of blobs) {
    const key = `${file}\n${text}`;
    const before = known.get(key);
    if (before !== undefined) {
      found.push(...before);
      continue;
    }
    const { messages } = await lintSource({
      source: { filePath: file, content: text, ext: file.slice(file.lastIndexOf('.')), contentType: 'text' },
      options: {
        config: { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: recommended }] },
        maskSecrets: true,
        noPhysicFilePath: true,
      },
    });
    const now = messages.map(({ ruleId }) => ({ file, rule: ruleId.replace('@secretlint/secretlint-rule-', '') }));
    if (now.length === 0 && PRIVATE_KEY.test(text)) now.push({ file, rule: 'privatekey' });
    known.set(key, now);
    found.push(...now);
  }
  return found;
}

/** Of any kind: the scanner knows those of RSA. */
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+(?:[A-Za-z0-9+/=]\s*){40}/;

/** The armour of a private key, assembled here so that this file does not hold one itself. */
function plantedKey(kind: string, start: string): string {
  const edge = (word: string): string => `-----${word} ${kind} PRIVATE KEY-----`;
  return `${edge('BEGIN')}\n${start.repeat(4)}\n${edge('END')}\n`;
}

/** Tokens that one of the keys has signed: whoever finds one is that user for as long as it lives. */
function tokensIn(text: string, keys: readonly string[]): string[] {
  const found = [...text.matchAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]{43}\b/g)].some(([token]) => {
    const end = token.lastIndexOf('.');
    return keys.some((key) => createHmac('sha256', key).update(token.slice(0, end)).digest('base64url') === token.slice(end + 1));
  });
  return found ? ['a valid token'] : [];
}

export type DecisionFile = { id: string; file: string; title: string; status: string; checks: readonly string[]; saysWhyNot: boolean };
export type ConfigurationEvidence = {
  inspection: Inspection;
  procfile: string | undefined;
  decisions: readonly DecisionFile[];
  /** Source files in which the name of a secret is followed by a literal to fall back on. */
  fallbacks: readonly string[];
  /** Why the source files could not be listed. */
  sourcesProblem?: string;
  /** Settings of the pool as the decision says them, and as the source does; undefined where there is neither. */
  pool: readonly { setting: string; decided: number; built: number | undefined }[] | undefined;
  /** Packages whose range differs between package.json and the lockfile; undefined without a lockfile. */
  unlocked: readonly string[] | undefined;
  /** Least major version of Node the package asks for. */
  node: number | undefined;
};

const POOL_DECISION = 'adr/0006-size-and-recycle-the-pool-for-neon.md';
const POOL_SOURCE = 'service/db/pool.ts';

/** The Procfile and the decision records, as they stand in the repository. */
export async function gatherConfiguration(context: GatherContext): Promise<ConfigurationEvidence> {
  const at = Date.now();
  const procfile = await readFile('Procfile', 'utf8').catch(() => undefined);
  const decisions = await readDecisions();
  const found = await findFallbacks(context.contract.variables.filter(({ secret }) => secret).map(({ name }) => name));
  const inspection = context.ledger.inspection({
    evidence: context.evidenceName(),
    subject: `Procfile, ${decisions.length} decision records, the inventory of settings`,
    at,
    ms: Date.now() - at,
  });
  return { inspection, procfile, decisions, ...found, pool: await readPool(context), ...(await readPackage()) };
}

/** Rows such as "| `idleTimeoutMillis` | 30 s |" beside "idleTimeoutMillis: 30_000". */
async function readPool({ contract: { variables } }: GatherContext): Promise<ConfigurationEvidence['pool']> {
  const [decision, source] = await Promise.all([POOL_DECISION, POOL_SOURCE].map((file) => readFile(file, 'utf8').catch(() => undefined)));
  if (decision === undefined || source === undefined) return undefined;
  const most = Number(variables.find(({ name }) => name === 'DATABASE_POOL_MAX')?.default['production']);
  return [...decision.matchAll(/^\| `(max|\w+(?:Millis|Seconds))` \| ([\d,]+)( s)?/gm)].map(([, setting = '', figure = '', unit]) => {
    const written = new RegExp(`\\b${setting}: ([\\d_]+)`).exec(source)?.[1];
    const decided = Number(figure.replaceAll(',', '')) * (unit === undefined ? 1 : 1_000);
    const built = written === undefined ? (setting === 'max' ? most : undefined) : Number(written.replaceAll('_', ''));
    return { setting, decided, built };
  });
}

async function readPackage(): Promise<Pick<ConfigurationEvidence, 'unlocked' | 'node'>> {
  const [manifest, lock] = await Promise.all(
    ['package.json', 'package-lock.json'].map(async (file) => {
      const text = await readFile(file, 'utf8').catch(() => undefined);
      return text === undefined ? undefined : (JSON.parse(text) as PackageFile);
    }),
  );
  const requestLine = { ...manifest?.dependencies, ...manifest?.devDependencies };
  const root = lock?.packages?.[''];
  const locked = { ...root?.dependencies, ...root?.devDependencies };
  /** A half-merged lockfile names a range, and installs what is outside of it. */
  const isInstalled = (name: string): boolean => {
    const version = lock?.packages?.[`node_modules/${name}`]?.version ?? '';
    return validRange(requestLine[name] ?? '') === null || satisfies(version, requestLine[name] ?? '');
  };
  const node = /\d+/.exec(manifest?.engines?.['node'] ?? '')?.[0];
  return {
    unlocked:
      lock === undefined
        ? undefined
        : [...new Set([...Object.keys(requestLine), ...Object.keys(locked)])].filter(
            (name) => requestLine[name] !== locked[name] || !isInstalled(name),
          ),
    node: node === undefined ? undefined : Number(node),
  };
}

type Ranges = Readonly<Record<string, string>>;
type PackageFile = {
  version?: string;
  dependencies?: Ranges;
  devDependencies?: Ranges;
  engines?: Ranges;
  packages?: Readonly<Record<string, PackageFile>>;
};

async function findFallbacks(secretNames: readonly string[]): Promise<Pick<ConfigurationEvidence, 'fallbacks' | 'sourcesProblem'>> {
  if (secretNames.length === 0) return { fallbacks: [] };
  const spellings = secretNames.flatMap((name) => [name, name.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())]);
  const name = `\\b(?:${spellings.join('|')})\\b`;
  const literal = `\\(?\\s*['"\`][^'"\`]`;
  const patterns = [
    // env.NAME ?? '…', { NAME = '…' } and { NAME: name = '…' }
    `${name}['"\\]]*\\s*(?:\\?\\?=?|\\|\\|=?|(?::\\s*\\w+\\s*)?=)\\s*${literal}`,
    // NAME: { schema: text.default('…') }
    `${name}['"]?:\\s*\\{[^{}]{0,400}\\.(?:default|catch|prefault)${literal}`,
    // NAME: { defaults: { development: '…' } }
    `${name}['"]?:\\s*\\{[^{}]{0,400}\\bdefaults:\\s*\\{[^}]{0,200}['"\`][^'"\`]`,
  ];
  const pattern = new RegExp(patterns.join('|'));
  const listed = await gitLines('ls-files', '*.ts', '*.js', '*.mjs', '*.cjs').catch((error: Error) => error);
  if (listed instanceof Error) return { fallbacks: [], sourcesProblem: listed.message };
  const sources = listed.filter((file) => !/\.test\.\w+$/.test(file));
  const texts = await Promise.all(sources.map(async (file) => ({ file, text: await readFile(file, 'utf8').catch(() => '') })));
  return { fallbacks: texts.filter(({ text }) => pattern.test(text)).map(({ file }) => file) };
}

export async function readDecisions(folder = 'adr'): Promise<DecisionFile[]> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => /^\d{4}-.*\.md$/.test(file)).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(`${folder}/${file}`, 'utf8');
      const confirmation = /^## Confirmation\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(text)?.[1] ?? '';
      return {
        id: file.slice(0, 4),
        file: `${folder}/${file}`,
        title: /^# (?:\d+\.? )?(.*)$/m.exec(text)?.[1] ?? file,
        status: /^Status: (\w+)/m.exec(text)?.[1] ?? 'unknown',
        checks: [...confirmation.matchAll(/^- `([a-z0-9-]+)`/gm)].map(([, id]) => id ?? ''),
        saysWhyNot: confirmation.includes('No check of the audit can confirm this'),
      };
    }),
  );
}

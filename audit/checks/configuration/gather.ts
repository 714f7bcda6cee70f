import { readdir, readFile } from 'node:fs/promises';
import { satisfies, validRange } from 'semver';
import type { Inspection } from '../../model/exchange.ts';
import { gitLines } from '../../gather/git.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';

export const configurationEvidence: Evidence<ConfigurationEvidence> = { name: 'configuration', area: 'configuration', gather: gatherConfiguration };

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

import { readdir, readFile } from 'node:fs/promises';
import { satisfies, validRange } from 'semver';
import type { Inspection } from '../../model/exchange.ts';
import { counted } from '../../model/wording.ts';
import { gitLines } from '../../gather/git.ts';
import { recordInspection } from '../../gather/ledger.ts';
import { decisionFolder } from '../../settings/config.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';

export const configurationEvidence: Evidence<ConfigurationEvidence> = { name: 'configuration', area: 'configuration', gather: gatherConfiguration };

export type DecisionFile = { id: string; file: string; title: string; status: string; checks: readonly string[]; saysWhyNot: boolean };
export type ConfigurationEvidence = {
  inspection: Inspection;
  procfile: string | undefined;
  decisions: readonly DecisionFile[];
  /** Source files in which a secret has a literal as its default. */
  fallbacks: readonly string[];
  /** Why the source files could not be listed. */
  sourcesProblem?: string;
  /** Pool settings in the decision and in the source; undefined where the decision or the source is missing. */
  pool: readonly { setting: string; decided: number; built: number | undefined }[] | undefined;
  /** Packages whose range differs between package.json and the lockfile, or whose locked version is outside its range; undefined without a lockfile. */
  unlocked: readonly string[] | undefined;
  /** Minimum major version of Node in package.json. */
  node: number | undefined;
};

const POOL_DECISION = 'adr/0006-size-and-recycle-the-pool-for-neon.md';
const POOL_SOURCE = 'service/db/pool.ts';

/** Reads the Procfile, the decision records, the sources, the pool and the package of the repository. */
export async function gatherConfiguration(context: GatherContext): Promise<ConfigurationEvidence> {
  const at = Date.now();
  const procfile = await readFile('Procfile', 'utf8').catch(() => undefined);
  const decisions = await readDecisions(decisionFolder(context));
  const found = await findFallbacks(context.contract.variables.filter(({ secret }) => secret).map(({ name }) => name));
  const subject = `the Procfile, ${counted(decisions.length, 'decision record')} and the inventory of settings`;
  const inspection = recordInspection(context, subject, at);
  return { inspection, procfile, decisions, ...found, pool: await readPool(context), ...(await readPackage()) };
}

/** Compares rows such as "| `idleTimeoutMillis` | 30 s |" with "idleTimeoutMillis: 30_000". */
async function readPool({ contract: { variables } }: GatherContext): Promise<ConfigurationEvidence['pool']> {
  const [decision, source] = await Promise.all([POOL_DECISION, POOL_SOURCE].map((file) => readFile(file, 'utf8').catch(() => undefined)));
  if (decision === undefined || source === undefined) return undefined;
  const maximum = Number(variables.find(({ name }) => name === 'DATABASE_POOL_MAX')?.default['production']);
  return [...decision.matchAll(/^\| `(max|\w+(?:Millis|Seconds))` \| ([\d,]+)( s)?/gm)].map(([, setting = '', value = '', unit]) => {
    const written = new RegExp(`\\b${setting}: ([\\d_]+)`).exec(source)?.[1];
    const decided = Number(value.replaceAll(',', '')) * (unit === undefined ? 1 : 1_000);
    const built = written === undefined ? (setting === 'max' ? maximum : undefined) : Number(written.replaceAll('_', ''));
    return { setting, decided, built };
  });
}

type Dependencies = Pick<ConfigurationEvidence, 'unlocked' | 'node'>;

async function readPackage(): Promise<Dependencies> {
  const [manifest, lock] = await Promise.all(
    ['package.json', 'package-lock.json'].map(async (file) => {
      const text = await readFile(file, 'utf8').catch(() => undefined);
      return text === undefined ? undefined : (JSON.parse(text) as PackageFile);
    }),
  );
  const ranges = { ...manifest?.dependencies, ...manifest?.devDependencies };
  const root = lock?.packages?.[''];
  const locked = { ...root?.dependencies, ...root?.devDependencies };
  /** A badly merged lockfile can contain a version outside the range that it names. */
  const isInstalled = (name: string): boolean => {
    const version = lock?.packages?.[`node_modules/${name}`]?.version ?? '';
    return validRange(ranges[name] ?? '') === null || satisfies(version, ranges[name] ?? '');
  };
  const node = /\d+/.exec(manifest?.engines?.['node'] ?? '')?.[0];
  return {
    unlocked:
      lock === undefined
        ? undefined
        : [...new Set([...Object.keys(ranges), ...Object.keys(locked)])].filter((name) => ranges[name] !== locked[name] || !isInstalled(name)),
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
  const pattern = fallbackPattern(secretNames);
  const listed = await gitLines('ls-files', '*.ts', '*.js', '*.mjs', '*.cjs').catch((error: Error) => error);
  if (listed instanceof Error) return { fallbacks: [], sourcesProblem: listed.message };
  const sources = listed.filter((file) => !/\.test\.\w+$/.test(file));
  const texts = await Promise.all(sources.map(async (file) => ({ file, text: await readFile(file, 'utf8').catch(() => '') })));
  return { fallbacks: texts.filter(({ text }) => pattern.test(text)).map(({ file }) => file) };
}

/** Matches the name of a secret, in upper or camel case, with a literal as its default. */
function fallbackPattern(secretNames: readonly string[]): RegExp {
  const spellings = secretNames.flatMap((name) => [name, name.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())]);
  const name = `\\b(?:${spellings.join('|')})\\b`;
  const literal = `\\(?\\s*['"\`][^'"\`]`;
  return new RegExp(
    [
      // env.NAME ?? '…', { NAME = '…' } and { NAME: name = '…' }
      `${name}['"\\]]*\\s*(?:\\?\\?=?|\\|\\|=?|(?::\\s*\\w+\\s*)?=)\\s*${literal}`,
      // NAME: { schema: text.default('…') }
      `${name}['"]?:\\s*\\{[^{}]{0,400}\\.(?:default|catch|prefault)${literal}`,
      // NAME: { defaults: { development: '…' } }
      `${name}['"]?:\\s*\\{[^{}]{0,400}\\bdefaults:\\s*\\{[^}]{0,200}['"\`][^'"\`]`,
    ].join('|'),
  );
}

export async function readDecisions(folder: string | undefined): Promise<DecisionFile[]> {
  if (folder === undefined) return [];
  const files = (await readdir(folder).catch(() => [])).filter((file) => /^\d{4}-.*\.md$/.test(file)).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(`${folder}/${file}`, 'utf8');
      const confirmation = /^###? Confirmation\n([\s\S]*?)(?=^##|$(?![\s\S]))/m.exec(text)?.[1] ?? '';
      return {
        id: file.slice(0, 4),
        file: `${folder}/${file}`,
        title: /^# (?:\d+\.? )?(.*)$/m.exec(text)?.[1] ?? file,
        // As in these records, in front matter or a list, or under a heading of its own.
        status: /^(?:[*-] |## )?status(?::\s*|\n+)"?(\w+)/im.exec(text)?.[1]?.toLowerCase() ?? 'unknown',
        checks: [...confirmation.matchAll(/^- `([a-z0-9-]+)`/gm)].map(([, id]) => id ?? ''),
        saysWhyNot: confirmation.includes('No check of the audit can confirm this'),
      };
    }),
  );
}

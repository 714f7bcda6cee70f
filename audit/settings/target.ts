import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { readRelease, type Release } from './release.ts';
import { readText } from '../contract/text-file.ts';
import { type IssuerSettings, readIssuer, readTenants, type TenantSettings } from './tenants.ts';

/** The AUDIT_* settings, parsed once. */
export type Target = {
  /** Origin of the API, such as https://api.example.com, without a trailing slash. */
  apiUrl: string;
  /** Origin of the web app whose pages may call it. */
  appOrigin: string;
  /** PEM of a private certificate authority, for staging and rehearsals. */
  ca: string | undefined;
  tenants: TenantSettings;
  /** Undefined where the API verifies tokens with a shared secret only. */
  issuer: IssuerSettings | undefined;
  outageControl: string | undefined;
  /** Undefined if no release is expected. */
  release: Release | undefined;
  /** Opens the app's real page. */
  appPage: AppPage | undefined;
  /** Path of a stock Firefox to use as well. */
  firefox: string | undefined;
  contractFile: string;
  reportFile: string;
  runFile: string;
  /** Values that must not appear in any response or file, by the name of their variable. */
  secrets: Readonly<Record<string, string>>;
};

/** The secret that bypasses Vercel's deployment protection, and where a stage serves the page of the app's origin. */
export type AppPage = { bypass: string | undefined; servedAt: string | undefined };

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings are incomplete or wrong; the message names all of them. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The audit cannot run and has sent nothing. Settings go into the environment or into .env.audit:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'SettingsError';
    this.problems = problems;
    // Playwright prints the stack of an error, which does not help to fix a setting.
    this.stack = this.message;
  }
}

/** Of the audit, whichever repository it runs in. */
export const REPOSITORY = path.resolve(import.meta.dirname, '..', '..');
const CONTRACT = 'contract/openapi.json';
const SETTINGS_FILE = '.env.audit';
/** The audit's own secrets. */
const SECRETS = ['AUDIT_JWT_SECRET', 'AUDIT_TOKEN_A', 'AUDIT_TOKEN_B', 'AUDIT_EXPIRED_TOKEN', 'AUDIT_PASSWORD', 'AUDIT_VERCEL_BYPASS'];

/**
 * The process environment over `.env.audit` in the working directory. A variable that is empty counts as not set.
 * @throws {SettingsError} if the file cannot be read
 */
export function auditEnvironment(env: Environment, file = SETTINGS_FILE): Environment {
  const given = readSettingsFile(file);
  return { ...env, ...Object.fromEntries(Object.entries(given).filter(([name]) => !env[name]?.trim())) };
}

/** Names of variables that are empty in the environment and have a value in the file. */
export function emptyInEnvironment(env: Environment, file = SETTINGS_FILE): string[] {
  return Object.entries(readSettingsFile(file)).flatMap(([name, value]) => (value?.trim() && env[name]?.trim() === '' ? [name] : []));
}

function readSettingsFile(file: string): NodeJS.Dict<string> {
  if (!existsSync(file)) return {};
  try {
    return parseEnv(readText(file));
  } catch (error) {
    throw new SettingsError([`${file} cannot be read: ${error instanceof Error ? error.message : 'unknown reason'}.`]);
  }
}

/**
 * Reads the settings.
 * @param secretNames the secret variables of the contract; the values of those that are set are searched for
 * @throws {SettingsError} naming every missing or malformed setting, without its value
 */
export function readTarget(env: Environment, secretNames: readonly string[]): Target {
  const problems: string[] = [];
  const value = (name: string): string | undefined => env[name]?.trim() || undefined;
  const apiUrl = readOrigin('AUDIT_API_URL', 'the API to audit, such as https://api.example.com', value('AUDIT_API_URL'), problems);
  const appOrigin = readOrigin(
    'AUDIT_APP_ORIGIN',
    'the origin of its web app, such as https://tasks-app.vercel.app',
    value('AUDIT_APP_ORIGIN'),
    problems,
  );
  const file = (name: string): string | undefined => readFileSetting(name, value(name), problems);
  const issuer = readIssuer(value, file, problems);
  const tenants = readTenants(value, problems, issuer !== undefined);
  const contract = contractFile(env);
  if (!existsSync(contract)) problems.push(`AUDIT_CONTRACT: no file ${contract}. Give the path of an OpenAPI document in JSON or YAML.`);
  const ca = file('AUDIT_CA_FILE');
  const outageControl = value('AUDIT_OUTAGE_CONTROL');
  if (outageControl !== undefined && URL.parse(outageControl) === null)
    problems.push('AUDIT_OUTAGE_CONTROL is not a URL: leave it unset unless `npm run stage` printed one.');
  const appPage = readAppPage(value, problems);
  const release = readRelease(value, problems, Date.now());
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    apiUrl,
    appOrigin,
    ca,
    tenants,
    issuer,
    outageControl,
    release,
    appPage,
    firefox: value('AUDIT_FIREFOX'),
    contractFile: contract,
    ...resultFiles(env),
    secrets: {
      ...Object.fromEntries(
        [...secretNames, ...SECRETS].flatMap((name) => {
          const secret = value(name);
          return secret === undefined ? [] : [[name, secret]];
        }),
      ),
      ...Object.fromEntries(
        (issuer?.privateKeys ?? []).map(({ d }, index) => [index === 0 ? 'AUDIT_ISSUER_KEY' : `AUDIT_ISSUER_KEY ${index + 1}`, d]),
      ),
    },
  };
}

/** The paths of the report and the saved run. */
export function resultFiles(env: Environment): Pick<Target, 'reportFile' | 'runFile'> {
  return { reportFile: env['AUDIT_REPORT']?.trim() || 'AUDIT_REPORT.md', runFile: env['AUDIT_RUN']?.trim() || '.audit/run.json' };
}

/** The OpenAPI document of the audited API. */
export function contractFile(env: Environment): string {
  return env['AUDIT_CONTRACT']?.trim() || CONTRACT;
}

/** Whether the contract is that of the API in the audit's own repository. */
export function isOwnContract({ contractFile: file }: Pick<Target, 'contractFile'>): boolean {
  return path.resolve(file) === path.join(REPOSITORY, CONTRACT);
}

function readOrigin(name: string, meaning: string, value: string | undefined, problems: string[]): string {
  if (value === undefined) {
    problems.push(`${name} is missing: ${meaning}.`);
    return '';
  }
  const { origin = '', problem } = originOf(value);
  if (problem !== undefined) problems.push(`${name} ${problem}: give ${meaning}.`);
  return origin;
}

/** The normalized origin of a URL (https://url.spec.whatwg.org/#origin), or why it is not an https origin. */
export function originOf(value: string): { origin: string; problem?: never } | { origin?: never; problem: string } {
  if (/^(["'`]).*\1$/.test(value)) return { problem: 'is in quotation marks' };
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(value)) return { problem: 'does not begin with https://' };
  const url = URL.parse(value);
  if (url?.protocol !== 'https:') return { problem: 'is not an https URL' };
  if (`${url.username}${url.password}` !== '') return { problem: 'has a user name or password' };
  if (url.pathname !== '/') return { problem: 'has a path' };
  if (url.href !== `${url.origin}/`) return { problem: 'has a query or fragment' };
  return { origin: url.origin };
}

function readAppPage(value: (name: string) => string | undefined, problems: string[]): AppPage | undefined {
  const page = value('AUDIT_APP_PAGE');
  if (page === undefined) return undefined;
  const { origin: servedAt } = page === 'live' ? { origin: undefined } : originOf(page);
  if (page !== 'live' && servedAt === undefined)
    problems.push(
      'AUDIT_APP_PAGE is neither "live" nor an https origin at which a stage serves the page: leave it unset to use a stand-in for the page.',
    );
  return { bypass: value('AUDIT_VERCEL_BYPASS'), servedAt };
}

function readFileSetting(name: string, file: string | undefined, problems: string[]): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readText(file);
  } catch {
    problems.push(`${name}: the file cannot be read. Give the path of a readable file.`);
    return undefined;
  }
}

/** Next to the run file, so that the next run with the same settings finds the journals. */
export function journalFolder(target: Pick<Target, 'runFile'>): string {
  return path.join(path.dirname(target.runFile), 'journal');
}

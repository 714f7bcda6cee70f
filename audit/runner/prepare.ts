import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkIds } from '../checks/catalog.ts';
import { readConfig } from '../settings/config.ts';
import { readContract } from '../contract/contract.ts';
import type { Permissions } from '../contract/left-out.ts';
import { proxyNotice, takeProxies } from '../settings/environment-proxy.ts';
import { isAlive } from '../gather/journal.ts';
import { findBrowser, findOtherBrowser } from '../gather/browser/find-browser.ts';
import { findIssuer } from '../gather/issuer.ts';
import { createRedactor } from '../gather/redactor.ts';
import { startUserTokens, type UserTokens } from '../gather/user-tokens.ts';
import { problemsOfTokens } from '../settings/tenants.ts';
import { BROWSER, type Preparation, secretNames, UNUSED_PROXIES } from './session.ts';
import { findUnwritable } from '../report/output-files.ts';
import { outputsOf } from '../report/outputs.ts';
import { auditEnvironment, emptyInEnvironment, journalFolder, readTarget, resultFiles, SettingsError, type Target } from '../settings/target.ts';

/**
 * Checks the settings, the contract and the output paths, finds a browser, and obtains the tokens of the test users. Sends nothing to
 * the target.
 * @throws {SettingsError} naming everything that is missing or wrong
 */
export async function prepareAudit(): Promise<Preparation> {
  const env = auditEnvironment(process.env);
  const problems: string[] = [];
  const target = collect(problems, () => readTarget(env, secretNames(env)));
  const config = collect(problems, () => readConfig(env, Date.now(), checkIds));
  if (target !== undefined && config !== undefined) collect(problems, () => checkContract(target.contractFile, config));
  problems.push(...findUnwritable(...outputsIn(env)));
  if (target === undefined || problems.length > 0) throw new SettingsError(problems);
  const preparation = await prepareCredentials(target, env);
  process.env[BROWSER] = findBrowser(env['AUDIT_BROWSER']?.trim() || undefined, (line) => console.log(line));
  findOtherBrowser('firefox', target.firefox);
  // Only now: a browser may have been installed through the proxy.
  const proxies = takeProxies(process.env);
  process.env[UNUSED_PROXIES] = proxies.join();
  for (const name of emptyInEnvironment(process.env)) console.log(`${name}: empty in the environment, so the value in .env.audit is used.`);
  const notice = proxyNotice(proxies);
  if (notice !== undefined) console.log(`Proxy: ${notice}`);
  if (target.release !== undefined)
    console.log(`Release: waiting until ${target.release.commit} is live and healthy, for five minutes after its deployment at most.`);
  sweep(tmpdir(), /^audit-playwright-(\d+)$|^audit-(\d+)-[0-9a-f]+\.sock$/);
  return preparation;
}

/** The tokens of the test users, and the issuer whose keys verify them. */
async function prepareCredentials({ ca, issuer, secrets, tenants }: Target, env: ReturnType<typeof auditEnvironment>): Promise<Preparation> {
  if ('jwtSecret' in tenants) return {};
  try {
    const users =
      'command' in tenants
        ? await startUserTokens(tenants, { env, redactor: createRedactor(secrets), onProblem: (problem) => console.error(problem) })
        : givenTokens(tenants);
    const settingOf = (user: string): string => ('command' in tenants ? `AUDIT_TOKEN_COMMAND ${user}` : `AUDIT_TOKEN_${user}`);
    const tokens = users.users.map((user) => ({ setting: settingOf(user), token: users.of(user) }));
    const problems = problemsOfTokens(tokens);
    if (problems.length > 0) throw new SettingsError(problems);
    return issuer === undefined ? { users } : { users, issuer: await findIssuer(issuer, tokens, ca) };
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    throw new SettingsError([`${(error instanceof Error ? error.message : 'unknown reason').replace(/\.?$/, '.')}`]);
  }
}

function givenTokens({ tokenA, tokenB }: Extract<Target['tenants'], { tokenA: string }>): UserTokens {
  return { users: ['A', 'B'], of: (user) => (user === 'A' ? tokenA : tokenB) };
}

/** One message names the problems of all settings. */
function collect<T>(problems: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function checkContract(file: string, permissions: Permissions): void {
  try {
    readContract(file, permissions);
  } catch (error) {
    throw new SettingsError([`AUDIT_CONTRACT: ${file} cannot be used: ${error instanceof Error ? error.message : 'unknown reason'}`]);
  }
}

/** Every file and folder this run writes to. */
function outputsIn(env: Readonly<Record<string, string | undefined>>): Parameters<typeof findUnwritable> {
  const target = resultFiles(env);
  const summary = process.env['GITHUB_STEP_SUMMARY'];
  return [
    [...outputsOf(target), ...(summary ? [{ setting: 'GITHUB_STEP_SUMMARY', file: summary }] : [])],
    [
      { setting: 'AUDIT_RUN', file: path.dirname(target.runFile) },
      { setting: 'AUDIT_RUN', file: journalFolder(target) },
    ],
  ];
}

/** Removes temporary files of runs that were killed. Their journals stay: they state what is left at the target. */
function sweep(folder: string, pidOf: RegExp): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const [, ...pids] = pidOf.exec(name) ?? [];
    const pid = pids.find((each) => each !== undefined);
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

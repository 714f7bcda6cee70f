import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkIds } from '../checks/catalog.ts';
import { contractOptions, readConfig } from '../settings/config.ts';
import { problemsOf } from '../contract/collections.ts';
import { type Contract, type ContractOptions, readContract } from '../contract/contract.ts';
import { ContractError } from '../contract/contract-error.ts';
import type { Permissions } from '../contract/left-out.ts';
import { proxyNotice, takeProxies } from '../settings/environment-proxy.ts';
import { isAlive } from '../gather/journal.ts';
import { findBrowser, findOtherBrowser } from '../gather/browser/find-browser.ts';
import { findIssuer } from '../gather/issuer.ts';
import { isSignedWith } from '../gather/sign-token.ts';
import { createSecretSigner } from '../gather/signer.ts';
import { createRedactor } from '../gather/redactor.ts';
import { startUserTokens, type UserTokens } from '../gather/user-tokens.ts';
import type { Operation } from '../contract/operations.ts';
import { subjectOf } from '../model/token.ts';
import { problemsOfTokens } from '../settings/tenants.ts';
import { BROWSER, type Preparation, secretNames, UNUSED_PROXIES } from './session.ts';
import { findUnwritable } from '../report/output-files.ts';
import { outputsOf } from '../report/outputs.ts';
import { auditEnvironment, emptyInEnvironment, journalFolder, readTarget, resultFiles, SettingsError, type Target } from '../settings/target.ts';

/** Longer than an audit, with its longest waits for limits and for a deployment. */
const SIGNED_FOR_SECONDS = 3_600;

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
  const contract = target && config && collect(problems, () => checkContract(target.contractFile, contractOptions(target, config)));
  problems.push(...findUnwritable(...outputsIn(env)));
  if (target === undefined || contract === undefined || problems.length > 0) throw new SettingsError(problems);
  describeCollections(contract);
  const preparation = await prepareCredentials(target, contract, env);
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
async function prepareCredentials(
  { ca, issuer, secrets, tenants }: Target,
  contract: Contract,
  env: ReturnType<typeof auditEnvironment>,
): Promise<Preparation> {
  if ('none' in tenants || 'jwtSecret' in tenants) return {};
  const { AUDIT_JWT_SECRET: secret = '' } = secrets;
  if ('userIds' in tenants) return { users: signedTokens(tenants.userIds, secret) };
  try {
    const users =
      'command' in tenants
        ? await startUserTokens(tenants, { env, redactor: createRedactor(secrets), onProblem: (problem) => console.error(problem) })
        : givenTokens(tenants);
    const settingOf = (user: string): string => ('command' in tenants ? `AUDIT_TOKEN_COMMAND ${user}` : `AUDIT_TOKEN_${user}`);
    const tokens = users.users.map((user) => ({ setting: settingOf(user), token: users.of(user) }));
    const problems = [...problemsOfTokens(tokens), ...withoutSubject(tokens, contract.resource.create)];
    if (issuer === undefined && secret !== '') problems.push(...notSignedWith(secret, tokens));
    if (problems.length > 0) throw new SettingsError(problems);
    return issuer === undefined ? { users } : { users, issuer: await findIssuer(issuer, tokens, ca) };
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    throw new SettingsError([`${(error instanceof Error ? error.message : 'unknown reason').replace(/\.?$/, '.')}`]);
  }
}

/** Where the path names the user, the audit takes the user from the token. */
function withoutSubject(tokens: readonly { setting: string; token: string }[], { caller, path: at }: Operation): string[] {
  const unusable = caller === undefined ? [] : tokens.filter(({ token }) => subjectOf(token) === undefined);
  return unusable.map(({ setting }) => `${setting}: the token has no subject (sub), which the path ${at} needs.`);
}

/** Where the tokens are signed with another key, attacks signed with this one would be rejected for that reason alone. */
function notSignedWith(secret: string, tokens: readonly { setting: string; token: string }[]): string[] {
  const others = tokens.filter(({ token }) => !isSignedWith(token, secret));
  return others.map(
    ({ setting }) => `${setting}: AUDIT_JWT_SECRET does not verify the token. Give the key that signs such tokens, or leave AUDIT_JWT_SECRET unset.`,
  );
}

/** Tokens for users that the API knows. */
function signedTokens([a, b]: readonly [string, string], secret: string): UserTokens {
  const { sign } = createSecretSigner(secret);
  const exp = Math.floor(Date.now() / 1_000) + SIGNED_FOR_SECONDS;
  return givenTokens({ tokenA: sign({ sub: a, exp }), tokenB: sign({ sub: b, exp }) });
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

function checkContract(file: string, options: ContractOptions & Permissions): Contract {
  try {
    return readContract(file, options);
  } catch (error) {
    if (error instanceof ContractError) throw new SettingsError(error.problems.map((problem) => `AUDIT_CONTRACT: ${file}: ${problem}`));
    throw new SettingsError([`AUDIT_CONTRACT: ${file} cannot be used: ${error instanceof Error ? error.message : 'unknown reason'}`]);
  }
}

/** On which collections the tenants' isolation is checked, and what else the contract creates. */
function describeCollections({ resources, nearMisses }: Contract): void {
  const [first = 'none, so the checks run that need none', ...others] = resources.map(({ create }) => create.path);
  console.log(`Collection: ${first}${others.length === 0 ? '' : `, and also ${others.join(', ')}`}`);
  for (const problem of nearMisses.flatMap(problemsOf)) console.log(`Not audited: ${problem}`);
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

import { execa } from 'execa';
import pMap from 'p-map';
import { claimsOf, subjectOf } from '../model/token.ts';
import type { TokenCommand } from '../settings/tenants.ts';
import type { Redactor } from './redactor.ts';

/** Valid tokens of test users, each of whom has a letter. */
export type UserTokens = {
  /** An even number of them, from A. */
  users: readonly string[];
  /** The newest token of the user. */
  of(user: string): string;
};

/** Sign-ins limit how many users one address may sign in. */
const AT_ONCE = 2;
const TIMEOUT_MS = 10_000;
const LONGEST_OUTPUT = 65_536;
const LONGEST_SHOWN = 300;
/** The share of a token's lifetime after which it is replaced. */
const RENEWED_AFTER = 0.7;
const RETRY_MS = 5_000;
/** The longest delay of a timer. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

type Options = {
  /** The environment of the command. */
  env: Readonly<Record<string, string | undefined>>;
  redactor: Redactor;
  /** Receives why a token could not be renewed, redacted. */
  onProblem: (problem: string) => void;
};

/**
 * Calls the command for each user, and again before a token expires, until the process ends.
 * @throws {Error} with a redacted message where the command fails, does not end within 10 s, or prints no token
 */
export async function startUserTokens({ command, users: count }: TokenCommand, { env, redactor, onProblem }: Options): Promise<UserTokens> {
  const users = Array.from({ length: count }, (_, index) => String.fromCodePoint(65 + index));
  const tokens = new Map<string, string>();

  async function renew(user: string): Promise<void> {
    const before = tokens.get(user);
    const token = await runTokenCommand(command, user, { env, redactor });
    if (before !== undefined && subjectOf(token) !== subjectOf(before))
      throw new Error(`AUDIT_TOKEN_COMMAND printed a token of another user for ${user}`);
    redactor.protect(`token of user ${user}`, token);
    tokens.set(user, token);
    const { exp, iat = Date.now() / 1_000 } = claimsOf(token);
    if (typeof exp === 'number' && typeof iat === 'number') renewIn(user, exp * 1_000 - (1 - RENEWED_AFTER) * (exp - iat) * 1_000 - Date.now());
  }

  function renewIn(user: string, ms: number): void {
    const retry = (error: Error): void => {
      onProblem(error.message);
      renewIn(user, RETRY_MS);
    };
    if (ms < LONGEST_DELAY_MS) setTimeout(() => void renew(user).catch(retry), Math.max(ms, 1_000)).unref();
  }

  await pMap(users, renew, { concurrency: AT_ONCE });
  return { users, of: (user) => tokens.get(user) ?? '' };
}

async function runTokenCommand(
  [program, ...args]: TokenCommand['command'],
  user: string,
  { env, redactor }: Pick<Options, 'env' | 'redactor'>,
): Promise<string> {
  const { stdout, stderr, exitCode, failed, timedOut, originalMessage } = await execa(program, [...args, user], {
    env,
    extendEnv: false,
    timeout: TIMEOUT_MS,
    maxBuffer: LONGEST_OUTPUT,
    stdin: 'ignore',
    reject: false,
  });
  if (timedOut) throw new Error(`AUDIT_TOKEN_COMMAND did not exit within ${TIMEOUT_MS / 1_000} s for user ${user}`);
  if (failed) {
    const shown = redactor
      .redact(stderr || originalMessage || '')
      .trim()
      .slice(0, LONGEST_SHOWN);
    throw new Error(
      `AUDIT_TOKEN_COMMAND ${exitCode === undefined ? 'did not run' : `exited with ${exitCode}`} for user ${user}: ${shown || 'no output on stderr'}`,
    );
  }
  const token = stdout.trim();
  if (token === '' || /\s/.test(token)) throw new Error(`AUDIT_TOKEN_COMMAND must print one token on stdout and nothing else, for user ${user}`);
  return token;
}

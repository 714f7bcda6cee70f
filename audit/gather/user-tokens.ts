import { execa } from 'execa';
import { claimsOf, subjectOf } from '../model/token.ts';
import type { TenantSettings } from '../settings/tenants.ts';
import type { Redactor } from './redactor.ts';

/** The letter of a test user, as AUDIT_TOKEN_COMMAND receives it. */
export type User = 'A' | 'B';

/** Valid tokens of two test users. */
export type UserTokens = {
  /** The newest token of the user. */
  of(user: User): string;
};

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

type Command = Extract<TenantSettings, { command: unknown }>['command'];

/**
 * Calls the command for both users, and again before a token expires, until the process ends.
 * @throws {Error} with a redacted message where the command fails, does not end within 10 s, or prints no token
 */
export async function startUserTokens(command: Command, { env, redactor, onProblem }: Options): Promise<UserTokens> {
  const tokens = new Map<User, string>();

  async function renew(user: User): Promise<void> {
    const before = tokens.get(user);
    const token = await runTokenCommand(command, user, { env, redactor });
    if (before !== undefined && subjectOf(token) !== subjectOf(before))
      throw new Error(`AUDIT_TOKEN_COMMAND printed a token of another user for ${user}`);
    redactor.protect(`token of user ${user}`, token);
    tokens.set(user, token);
    const { exp, iat = Date.now() / 1_000 } = claimsOf(token);
    if (typeof exp === 'number' && typeof iat === 'number') renewIn(user, exp * 1_000 - (1 - RENEWED_AFTER) * (exp - iat) * 1_000 - Date.now());
  }

  function renewIn(user: User, ms: number): void {
    const retry = (error: Error): void => {
      onProblem(error.message);
      renewIn(user, RETRY_MS);
    };
    if (ms < LONGEST_DELAY_MS) setTimeout(() => void renew(user).catch(retry), Math.max(ms, 1_000)).unref();
  }

  await Promise.all([renew('A'), renew('B')]);
  return { of: (user) => tokens.get(user) ?? '' };
}

async function runTokenCommand([program, ...args]: Command, user: User, { env, redactor }: Pick<Options, 'env' | 'redactor'>): Promise<string> {
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

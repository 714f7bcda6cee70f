import type { JWK } from 'jose';
import * as z from 'zod/v4';
import { parseJson } from '../model/json.ts';
import { claimsOf } from '../model/token.ts';

/** Where the tokens of the tenants come from. `jwtSecret` mints tenants that no one else has; `userIds` are users for whom it signs. */
export type TenantSettings =
  typeof NO_USERS | { jwtSecret: string } | { userIds: readonly [a: string, b: string] } | { tokenA: string; tokenB: string } | TokenCommand;

/** AUDIT_USERS=none: only the checks that need no user run. */
export const NO_USERS = { none: true } as const;

/** A program and its arguments. It prints a token of the user whose letter is appended: A, B and so on, for so many users. */
export type TokenCommand = { command: readonly [program: string, ...args: string[]]; users: number };

/** The issuer of a deployment that verifies tokens with the issuer's public keys. */
export type IssuerSettings = {
  jwksUrl: string;
  /** Private keys of a stage's issuer, to sign tokens with unusable claims; empty where only the issuer can sign. */
  privateKeys: readonly PrivateKey[];
  /** A token that the issuer signed for test user A and that has expired; undefined where none was given. */
  expiredToken: string | undefined;
};

/** A private key (RFC 7517). */
export type PrivateKey = JWK & { d: string };

type Read = (name: string) => string | undefined;

const privateKey = z
  .looseObject({ kty: z.enum(['OKP', 'EC', 'RSA']), d: z.string(), kid: z.string().optional(), alg: z.string().optional() })
  .transform((key) => key as PrivateKey);
const privateKeys = z.union([
  z.looseObject({ keys: z.array(privateKey).min(1) }).transform(({ keys }) => keys),
  privateKey.transform((key) => [key]),
]);

/** Verifiers may accept a token for minutes after its expiry, because clocks differ. */
const LONGEST_TOLERANCE_MS = 300_000;
/** Characters that a shell would interpret. */
const FOR_A_SHELL = /["'`$|&;<>\\*(){}]/;

/**
 * Reads AUDIT_JWT_SECRET, AUDIT_USER_A and AUDIT_USER_B, AUDIT_TOKEN_A and AUDIT_TOKEN_B, or AUDIT_TOKEN_COMMAND and AUDIT_TOKEN_USERS. Given
 * users are used rather than minted ones.
 * @param problems receives a sentence for each missing or invalid value, without the value
 * @param hasIssuer whether the tokens must be the issuer's, so that the secret cannot sign the tenants' tokens
 */
export function readTenants(value: Read, problems: string[], hasIssuer: boolean): TenantSettings {
  const [jwtSecret, tokenA, tokenB, command] = ['AUDIT_JWT_SECRET', 'AUDIT_TOKEN_A', 'AUDIT_TOKEN_B', 'AUDIT_TOKEN_COMMAND'].map(value);
  const users = value('AUDIT_USERS');
  if (users !== undefined && users !== 'none') problems.push('AUDIT_USERS is not "none": leave it unset, and give a key, tokens or users.');
  const userIds = readUserIds(value, problems, jwtSecret !== undefined && !hasIssuer);
  const ways = [
    ...(command === undefined ? [] : ['AUDIT_TOKEN_COMMAND']),
    ...(tokenA === undefined && tokenB === undefined ? [] : ['AUDIT_TOKEN_A or AUDIT_TOKEN_B']),
    ...(userIds === undefined ? [] : ['AUDIT_USER_A or AUDIT_USER_B']),
  ];
  if (users === 'none') {
    if (ways.length > 0) problems.push(`AUDIT_USERS is none, and ${ways.join(' and ')} set: unset one of them.`);
    return NO_USERS;
  }
  if (ways.length > 1) problems.push(`${ways.join(' and ')} are set: keep one of these ways to name the test users, and unset the others.`);
  if (jwtSecret !== undefined && !hasIssuer && ways.length === 0) return { jwtSecret };
  if (userIds !== undefined) return { userIds };
  if (command !== undefined) return { command: readCommand(command, problems), users: readUsers(value('AUDIT_TOKEN_USERS'), problems) };
  if (tokenA === undefined || tokenB === undefined) {
    problems.push(
      hasIssuer
        ? 'AUDIT_TOKEN_COMMAND is missing: a command that prints a token of the issuer for test user A or B (or AUDIT_TOKEN_A and AUDIT_TOKEN_B).'
        : "AUDIT_JWT_SECRET is missing: the API's JWT_SECRET, to mint two tenants, or to sign for AUDIT_USER_A and AUDIT_USER_B where users must exist (or AUDIT_TOKEN_A and AUDIT_TOKEN_B, tokens of two test users). AUDIT_USERS=none runs the checks that need no user.",
    );
    return { tokenA: '', tokenB: '' };
  }
  problems.push(
    ...problemsOfTokens([
      { setting: 'AUDIT_TOKEN_A', token: tokenA },
      { setting: 'AUDIT_TOKEN_B', token: tokenB },
    ]),
  );
  return { tokenA, tokenB };
}

/** The ids of two users that the API knows; undefined where neither is given. */
function readUserIds(value: Read, problems: string[], hasKey: boolean): readonly [string, string] | undefined {
  const [a, b] = [value('AUDIT_USER_A'), value('AUDIT_USER_B')];
  if (a === undefined && b === undefined) return undefined;
  if (a === undefined || b === undefined)
    problems.push(`${a === undefined ? 'AUDIT_USER_A' : 'AUDIT_USER_B'} is missing: the id of the other test user.`);
  if (a === b) problems.push('AUDIT_USER_A and AUDIT_USER_B are the same user: give the ids of two test users.');
  if (!hasKey) problems.push('AUDIT_USER_A and AUDIT_USER_B need AUDIT_JWT_SECRET, which signs their tokens, and no AUDIT_JWKS_URL.');
  return [a ?? '', b ?? ''];
}

/** Tokens of one user where each must have its own, and expired ones. Each token has the name of its setting. */
export function problemsOfTokens(tokens: readonly { setting: string; token: string }[]): string[] {
  return tokens.flatMap(({ setting, token }, index) => {
    const { exp, sub } = claimsOf(token);
    const same = tokens.slice(0, index).find((other) => other.token === token || (sub !== undefined && claimsOf(other.token)['sub'] === sub));
    const isExpired = typeof exp === 'number' && exp * 1_000 < Date.now();
    return [
      ...(same === undefined ? [] : [`${setting} belongs to the same user as ${same.setting}: give tokens of different test users.`]),
      ...(isExpired ? [`${setting} has expired: give a fresh one.`] : []),
    ];
  });
}

/** A JSON array of texts, or words without anything that a shell would interpret: no shell runs the command. */
function readCommand(text: string, problems: string[]): readonly [string, ...string[]] {
  const isArray = text.startsWith('[');
  const { data } = z.tuple([z.string().min(1)], z.string()).safeParse(isArray ? parseJson(text) : text.split(/\s+/));
  if (data !== undefined && (isArray || !FOR_A_SHELL.test(text))) return data;
  problems.push('AUDIT_TOKEN_COMMAND is invalid: give a JSON array such as ["node", "print-token.ts"]. It runs without a shell.');
  return [''];
}

/** Users attack each other in pairs, and have the letters of the alphabet. */
function readUsers(text: string | undefined, problems: string[]): number {
  const users = Number(text ?? 2);
  if (Number.isInteger(users / 2) && users >= 2 && users <= 26) return users;
  problems.push('AUDIT_TOKEN_USERS is not an even number from 2 to 26: give the number of test users for which AUDIT_TOKEN_COMMAND prints tokens.');
  return 2;
}

/**
 * Reads AUDIT_JWKS_URL, AUDIT_ISSUER_KEY and AUDIT_EXPIRED_TOKEN.
 * @param readFile reads the file that a setting names; undefined where the setting is missing or the file cannot be read
 */
export function readIssuer(value: Read, readFile: Read, problems: string[]): IssuerSettings | undefined {
  const jwksUrl = value('AUDIT_JWKS_URL');
  const keyText = readFile('AUDIT_ISSUER_KEY');
  const expiredToken = value('AUDIT_EXPIRED_TOKEN');
  if (jwksUrl === undefined) {
    const needing = ['AUDIT_ISSUER_KEY', 'AUDIT_EXPIRED_TOKEN'].find((name) => value(name) !== undefined);
    if (needing !== undefined) problems.push(`AUDIT_JWKS_URL is missing: the URL of the issuer's JWK set, which ${needing} needs.`);
    return undefined;
  }
  if (URL.parse(jwksUrl)?.protocol !== 'https:') problems.push('AUDIT_JWKS_URL is not an https URL: give the URL of the JWK set of the issuer.');
  const { data: keys } = privateKeys.safeParse(parseJson(keyText));
  if (keyText !== undefined && keys === undefined)
    problems.push('AUDIT_ISSUER_KEY: the file has no private key as a JWK (RFC 7517). Give the signing key of the issuer of a stage.');
  if (expiredToken !== undefined && !(Number(claimsOf(expiredToken)['exp']) * 1_000 < Date.now() - LONGEST_TOLERANCE_MS))
    problems.push('AUDIT_EXPIRED_TOKEN did not expire five minutes ago or earlier: give an old token of test user A.');
  return { jwksUrl, privateKeys: keys ?? [], expiredToken };
}

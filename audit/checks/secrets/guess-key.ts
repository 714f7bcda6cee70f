import { createHmac } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { headerOf } from '../../model/token.ts';
import { commonKeys } from './common-keys.ts';

/** How a key was found, without the key: it may be in use elsewhere. */
export type GuessedKey = { kind: string; bytes: number };

/** How many keys did not sign the token, or the one that did. The number of tries until then would disclose it. */
export type Guesses = { algorithm: string } & ({ tried: number } | { found: GuessedKey });

const HASHES: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };
/** Other requests of the audit continue after this many guesses, which take a few milliseconds. */
const BATCH = 2_000;

/** Tries each common key on a token, offline. Undefined for a token that is not signed with a shared secret. */
export async function guessKey(token: string): Promise<Guesses | undefined> {
  const { alg: algorithm } = headerOf(token);
  const hash = typeof algorithm === 'string' ? HASHES[algorithm] : undefined;
  if (hash === undefined || typeof algorithm !== 'string') return undefined;
  const [header = '', payload = '', signature = ''] = token.split('.');
  const [signed, expected] = [`${header}.${payload}`, Buffer.from(signature, 'base64url')];
  let tried = 0;
  for (const { kind, key } of commonKeys()) {
    tried += 1;
    if (createHmac(hash, key).update(signed).digest().equals(expected)) return { algorithm, found: { kind, bytes: Buffer.byteLength(key) } };
    if (tried % BATCH === 0) await setImmediate();
  }
  return { algorithm, tried };
}

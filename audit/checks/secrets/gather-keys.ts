import { createPublicKey, X509Certificate } from 'node:crypto';
import type { Inspection } from '../../model/exchange.ts';
import { parseJson } from '../../model/json.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { recordInspection } from '../../gather/ledger.ts';
import { COMMON_WORDS } from './common-keys.ts';
import { guessKey, type Guesses } from './guess-key.ts';

/** The words and their parts: a combination of them is as weak as one of them. */
const PARTS = COMMON_WORDS.flatMap((word) => [word, ...word.split(/[-_]/)]).filter(({ length }) => length >= 3);

/**
 * Properties of a key that do not disclose it. `unguessed` counts the characters outside common words, sequences and repetitions.
 * `publicText` is the kind of text where the key is a published or copied text.
 */
export type KeyStrength = { name: string; bytes: number; distinct: number; unguessed: number; publicText?: string };

export type KeysEvidence = {
  inspection: Inspection;
  keys: readonly KeyStrength[];
  /** Of the given tokens that are signed with a shared secret; absent where the audit mints tokens. */
  guesses?: readonly Guesses[];
};

export const keysEvidence: Evidence<KeysEvidence> = { name: 'keys', area: 'secrets', local: true, gather: gatherKeys };

/** Measures the keys offline, and tries common keys on the given tokens. */
export async function gatherKeys(context: GatherContext): Promise<KeysEvidence> {
  const at = Date.now();
  const { appOrigin, secrets } = context.target;
  const appName = new URL(appOrigin).hostname.split(/[-.]/);
  const given = pick(secrets, ['AUDIT_JWT_SECRET', 'JWT_SECRET', 'BETTER_AUTH_SECRET']);
  const keys = Object.entries(given).map(([name, value]) => ({
    name,
    bytes: Buffer.byteLength(value),
    distinct: new Set(value).size,
    unguessed: unguessed(value, appName),
    ...publicTextOf(value),
  }));
  const { users } = context.credentials;
  const guesses = users && (await Promise.all(['A', 'B'].map((user) => guessKey(users.of(user)))));
  const inspection = recordInspection(context, 'the token keys, offline, against common words and combinations of them', at);
  return { inspection, keys, ...(guesses && { guesses: guesses.filter((each) => each !== undefined) }) };
}

/**
 * Detects a public key, certificate, key set or URL that serves as the HMAC secret: anyone who can fetch it can sign tokens
 * (RFC 8725 section 2.1).
 */
export function publicTextOf(key: string): { publicText?: string } {
  const text = key.trim();
  const kind = KINDS.find(([, is]) => is(text))?.[0];
  return kind === undefined ? {} : { publicText: kind };
}

const KINDS: readonly (readonly [string, (text: string) => boolean])[] = [
  ['a PEM document', (text) => text.includes('-----BEGIN')],
  ['a text in quotes', (text) => /^(["'`]).*\1$/s.test(text)],
  ['a URL', (text) => text.includes('://')],
  ['a JSON Web Key or key set', isJsonWebKey],
  ['a DER document in base64', isDer],
];

function isJsonWebKey(text: string): boolean {
  const value = [text, Buffer.from(text, 'base64').toString()].map(parseJson).find((each) => typeof each === 'object' && each !== null);
  return value !== undefined && ('kty' in value || 'keys' in value);
}

/** A certificate or public key without PEM header and footer. */
function isDer(text: string): boolean {
  const der = Buffer.from(text, 'base64');
  const readers = [() => new X509Certificate(der), () => createPublicKey({ key: der, format: 'der', type: 'spki' })];
  // Both start with a SEQUENCE tag, so that most random keys are not parsed.
  return der[0] === 0x30 && readers.some(succeeds);
}

function succeeds(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** Counts the characters of a key outside known words, separators, sequences and repetitions. */
export function unguessed(key: string, names: readonly string[] = []): number {
  const known = [...PARTS, ...names.filter(({ length }) => length >= 3)].toSorted((a, b) => b.length - a.length).map(RegExp.escape);
  const rest = key.replaceAll(new RegExp(known.join('|'), 'gi'), '').replaceAll(/[\s._:-]/g, '');
  const step = (at: number): number => rest.charCodeAt(at) - rest.charCodeAt(at - 1);
  return Array.from(rest, (_, at) => at).filter((at) => at < 2 || step(at) !== step(at - 1) || Math.abs(step(at)) > 1).length;
}

function pick(values: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

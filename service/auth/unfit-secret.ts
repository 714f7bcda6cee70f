import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { succeeds } from '../succeeds.ts';

/**
 * Why a text must not be an HMAC key: it is public, or it is another kind of key. Undefined for a random secret in any encoding.
 * jsonwebtoken rejects public keys only as text; this service passes it a KeyObject.
 */
export function secretProblem(value: string): string | undefined {
  const text = value.trim();
  if (/^(["'`]).*\1$/s.test(text) || /^[“‘„«].*[”’“»]$/s.test(text)) return 'is wrapped in quotes: set it without them';
  // An unclosed quote: the rest of a PEM text was lost at its first line break.
  const plain = text.replace(/^["'`]/, '');
  if (isPem(plain)) return 'is a PEM text (-----BEGIN), such as a public key or a certificate: use a random secret';
  if (isSshKey(plain)) return 'is an SSH key: use a random secret';
  if (plain.includes('://')) return 'contains a URL: use a random secret';
  if (isJsonObject(plain)) return 'is JSON, such as a JWK or a JWK set: use a random secret';
  if (isToken(plain)) return 'is a token (JWT), not a key: use a random secret';
  for (const bytes of [Buffer.from(plain, 'base64'), Buffer.from(plain, 'hex')]) {
    const decoded = bytes.toString('latin1').trim();
    if (isPem(decoded) || isJsonObject(decoded) || isDer(bytes)) return 'is an encoded key or certificate: use a random secret';
  }
  return undefined;
}

/** Also RFC 4716, which writes `---- BEGIN SSH2 PUBLIC KEY ----`. */
function isPem(text: string): boolean {
  return /^-{4,5} ?BEGIN/.test(text);
}

function isSshKey(text: string): boolean {
  return /^(ssh-|sk-ssh-|(sk-)?ecdsa-sha2-)\S+\s+AAAA/.test(text);
}

function isJsonObject(text: string): boolean {
  return /^\s*[[{]/.test(text) && succeeds(() => JSON.parse(text));
}

function isToken(text: string): boolean {
  const parts = text.split('.');
  return parts.length > 1 && isJsonObject(Buffer.from(parts[0] ?? '', 'base64url').toString());
}

/** A key or certificate without its PEM armor. Random bytes do not parse: they must begin with 0x30 and their exact length. */
function isDer(der: Buffer): boolean {
  if (der[0] !== 0x30) return false;
  const key = { key: der, format: 'der' } as const;
  const isPublic = (['spki', 'pkcs1'] as const).some((type) => succeeds(() => createPublicKey({ ...key, type })));
  const isPrivate = (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) => succeeds(() => createPrivateKey({ ...key, type })));
  return isPublic || isPrivate || succeeds(() => new X509Certificate(der));
}

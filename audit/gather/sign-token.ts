import { type BinaryLike, createHmac } from 'node:crypto';
import { headerOf } from '../model/token.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** A compact JWS with a shared secret. */
export function signToken(claims: Claims | string, key: BinaryLike, header: Claims = { alg: 'HS256', typ: 'JWT' }, hash = 'sha256'): string {
  return encodeToken(claims, header, (input) => createHmac(hash, key).update(input).digest());
}

/** Whether the token has a shared-secret algorithm (RFC 7518 section 3.2) and this secret verifies it. */
export function isSignedWith(token: string, secret: string): boolean {
  const bits = /^HS(256|384|512)$/.exec(String(headerOf(token)['alg']))?.[1];
  const end = token.lastIndexOf('.');
  return bits !== undefined && createHmac(`sha${bits}`, secret).update(token.slice(0, end)).digest('base64url') === token.slice(end + 1);
}

/** A compact JWS, created without a library, because libraries do not create invalid ones. A text is used as the payload unchanged. */
export function encodeToken(claims: Claims | string, header: Claims, sign: (input: Buffer) => Buffer): string {
  const payload = typeof claims === 'string' ? claims : JSON.stringify(claims);
  const input = `${encode(JSON.stringify(header))}.${encode(payload)}`;
  return `${input}.${sign(Buffer.from(input)).toString('base64url')}`;
}

/** An unsigned token: header and payload, with or without the last dot. */
export function unsignedToken(claims: Claims, alg: string, lastDot: boolean): string {
  return `${encode(JSON.stringify({ alg, typ: 'JWT' }))}.${encode(JSON.stringify(claims))}${lastDot ? '.' : ''}`;
}

/** The same token with other claims and the old signature. */
export function withClaims(token: string, change: (claims: Record<string, unknown>) => Record<string, unknown>): string {
  const [header, payload = '', signature] = token.split('.');
  return `${header}.${encode(JSON.stringify(change(parseClaims(payload))))}.${signature}`;
}

/** The same token with the last bit of its signature flipped, which is in the last character, where a wrong comparison may stop. */
export function withFlippedBit(token: string): string {
  const [header, payload, signature] = token.split('.');
  const bytes = Buffer.from(signature ?? '', 'base64url');
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return `${header}.${payload}.${bytes.toString('base64url')}`;
}

/** Base64url of a text. */
export function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** The claims in the payload of a token. @throws {SyntaxError} where it is not JSON */
export function parseClaims(payload: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}

import { randomBytes, randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';

export const newSecret = (): string => randomBytes(48).toString('base64url');
export const jwtSecret = newSecret();
export const betterAuthSecret = newSecret();

/** A new user with a valid token. */
export function newUser(): { id: string; token: string } {
  const id = randomUUID();
  return { id, token: mintToken({ sub: id }) };
}

/** An HS256 token that expires in five minutes, unless the claims differ. */
export function mintToken(claims: Record<string, unknown>, key = jwtSecret): string {
  return jwt.sign({ exp: Math.floor(Date.now() / 1_000) + 300, ...claims }, key, { algorithm: 'HS256' });
}

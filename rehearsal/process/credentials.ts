import { randomBytes } from 'node:crypto';
import jwt, { type SignOptions } from 'jsonwebtoken';

/** A token key that is long enough for the service. */
export function createSecret(): string {
  return randomBytes(48).toString('base64url');
}

/** A token as the app issues it. */
export function signToken(userId: string, secret: string, expiresIn: NonNullable<SignOptions['expiresIn']>): string {
  return jwt.sign({}, secret, { algorithm: 'HS256', subject: userId, expiresIn });
}

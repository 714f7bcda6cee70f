import { randomBytes } from 'node:crypto';

/** A key for tokens, as long as the service asks for. */
export function createSecret(): string {
  return randomBytes(48).toString('base64url');
}

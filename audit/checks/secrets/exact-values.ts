import { createHmac } from 'node:crypto';
import { createRedactor } from '../../gather/redactor.ts';

/** Returns the names of the values that are in these bytes. */
export type ValueSearch = (bytes: Buffer) => string[];

/** Searches for the exact values of secrets, also in base64 and UTF-16, and for tokens that one of them has signed. */
export function createValueSearch(secrets: Readonly<Record<string, string>>): ValueSearch {
  const keys = Object.values(secrets);
  const { find } = createRedactor(secrets);
  const encoding = keys.every(isAscii) ? 'latin1' : 'utf8';
  return (bytes) => {
    // In UTF-16 every other byte of ASCII text is NUL.
    const text = bytes.toString(encoding).replaceAll('\0', '');
    return [...find(text), ...(hasTokenOf(keys, text) ? ['a valid token'] : [])];
  };
}

/** Text that is searched for ASCII alone need not be decoded. The password of a URL may be encoded in ASCII. */
function isAscii(value: string): boolean {
  return Buffer.byteLength(value) === value.length && !value.includes('%');
}

/** A token that one of the keys has signed gives access to an account. */
function hasTokenOf(keys: readonly string[], text: string): boolean {
  return [...text.matchAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]{43}\b/g)].some(([token]) => {
    const end = token.lastIndexOf('.');
    return keys.some((key) => createHmac('sha256', key).update(token.slice(0, end)).digest('base64url') === token.slice(end + 1));
  });
}

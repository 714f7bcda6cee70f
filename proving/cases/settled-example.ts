import { createHash } from 'node:crypto';

const edge = (word: string): string => `-----${word} EC PRIVATE KEY-----`;
const digest = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');

/** A private key that protects nothing. */
export const EXAMPLE_KEY = `${edge('BEGIN')}\n${'MHcCAQEEIA0123456789'.repeat(4)}\n${edge('END')}\n`;

/** The id of the key's object in git, if a file contains it alone. */
const OBJECT_ID = digest('sha1', `blob ${EXAMPLE_KEY.length}\0${EXAMPLE_KEY}`);

/** The entry of the config file. The fingerprint is a digest of the rule, the object and the offset in it. */
export const SETTLED_EXAMPLE = {
  fingerprint: digest('sha256', JSON.stringify(['privatekey', OBJECT_ID, '0'])).slice(0, 16),
  reason: 'The key in the documentation was never used.',
  owner: 'maintainers',
  date: '2026-11-28',
};

import { createHash } from 'node:crypto';
import { fingerprintOf } from '../../audit/checks/secrets/findings.ts';
import { GENERATED_KEYS } from '../../audit/checks/secrets/scanner.ts';

/** A private key that protects nothing, and the entry of the config file for a file that contains it alone. */
export const EXAMPLE_KEY: string = GENERATED_KEYS.map(({ text }) => text)[0] ?? '';
export const SETTLED_EXAMPLE = {
  fingerprint: fingerprintOf('privatekey', createHash('sha1').update(`blob ${EXAMPLE_KEY.length}\0${EXAMPLE_KEY}`).digest('hex'), 0),
  reason: 'The key in the documentation was never used.',
  owner: 'maintainers',
  date: '2026-11-28',
};

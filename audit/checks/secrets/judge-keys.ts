import type { KeysEvidence } from './gather-keys.ts';
import { conclude, type Verdict, expect } from '../../model/verdict.ts';

/** HS256 needs a key of 256 bits (RFC 7518 section 3.2), and one that nobody would try. */
const LEAST_BYTES = 32;
const LEAST_DISTINCT = 10;
/** Of those that are no known word: as many of base64 are 128 bits. */
const LEAST_UNGUESSED = 22;

export function judgeKeys({ inspection, keys, tokenGuessed }: KeysEvidence): Verdict {
  return conclude(
    [
      ...keys.flatMap(({ name, bytes, distinct, unguessed, publicText }) => [
        expect({
          holds: publicText === undefined,
          code: 'key-public',
          otherwise: `${name} is ${publicText}: anybody who can read that text can sign tokens`,
          evidence: [inspection],
        }),
        expect({
          holds: bytes >= LEAST_BYTES,
          code: 'key-too-short',
          otherwise: `${name} has ${bytes} bytes, ${LEAST_BYTES} are needed`,
          evidence: [inspection],
        }),
        expect({
          holds: distinct >= LEAST_DISTINCT && unguessed >= LEAST_UNGUESSED,
          code: 'key-guessable',
          otherwise: `${name} can be guessed: ${unguessed} of its characters are left without common words, counting and repetition, ${distinct} differ`,
          evidence: [inspection],
        }),
      ]),
      ...(tokenGuessed === undefined
        ? []
        : [expect({ holds: !tokenGuessed, code: 'key-guessable', otherwise: 'a common word is the key of the token', evidence: [inspection] })]),
    ],
    keys.length > 0
      ? `${keys.map(({ name }) => name).join(', ')}: ${LEAST_BYTES} bytes or more, not made of common words, and not a public key, certificate, key set or URL.`
      : 'No common word is the key of the token that was given.',
  );
}

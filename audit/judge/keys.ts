import type { KeysEvidence } from '../probe/keys.ts';
import { decide, demand, type Verdict } from './verdict.ts';

/** HS256 needs a key of 256 bits (RFC 7518 section 3.2), and one that nobody would try. */
const LEAST_BYTES = 32;
const LEAST_DISTINCT = 10;

export function judgeKeys({ inspection, keys, tokenGuessed }: KeysEvidence): Verdict {
  return decide(
    [
      ...keys.flatMap(({ name, bytes, distinct, guessed }) => [
        demand(bytes >= LEAST_BYTES, 'key-too-short', `${name} is long enough`, `${name} has ${bytes} bytes, ${LEAST_BYTES} are needed`, inspection),
        demand(distinct >= LEAST_DISTINCT && !guessed, 'key-guessable', `${name} is no common word`, `${name} can be guessed`, inspection),
      ]),
      ...(tokenGuessed === undefined
        ? []
        : [demand(!tokenGuessed, 'key-guessable', 'no common word signs the token', 'a common word is the key of the token', inspection)]),
    ],
    keys.length > 0
      ? `${keys.map(({ name }) => name).join(', ')}: ${LEAST_BYTES} bytes or more, and no common word.`
      : 'No common word is the key of the token that was given.',
  );
}

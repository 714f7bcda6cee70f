import type { KeysEvidence } from './gather-keys.ts';
import { counted } from '../../model/wording.ts';
import { conclude, expect, notApplicable, observeFailure, observePass, type Verdict } from '../../model/verdict.ts';

/** HS256 needs a key of 256 bits (RFC 7518 section 3.2). */
const LEAST_BYTES = 32;
const LEAST_DISTINCT = 10;
/** 22 characters of base64 are more than 128 bits. */
const LEAST_UNGUESSED = 22;

export function judgeKeys({ inspection, keys, guesses }: KeysEvidence): Verdict {
  if (keys.length === 0 && (guesses ?? []).length === 0)
    return notApplicable(guesses === undefined ? 'Neither a key nor a token was given.' : 'The given tokens are not signed with a shared secret.');
  return conclude(
    [
      ...keys.flatMap(({ name, bytes, distinct, unguessed, publicText }) => [
        expect(
          publicText === undefined,
          'key-public',
          `${name} is ${publicText}, so that anyone who can read that text can sign tokens.`,
          inspection,
        ),
        expect(bytes >= LEAST_BYTES, 'key-too-short', `${name} has ${counted(bytes, 'byte')}. At least ${LEAST_BYTES} are required.`, inspection),
        expect(
          distinct >= LEAST_DISTINCT && unguessed >= LEAST_UNGUESSED,
          'key-guessable',
          `${name} is guessable: ${counted(distinct, 'different character')}, and ${counted(unguessed, 'character')} outside common words, sequences and repetitions. At least ${LEAST_DISTINCT} and ${LEAST_UNGUESSED} are required.`,
          inspection,
        ),
      ]),
      ...(guesses ?? []).map((each) =>
        'found' in each
          ? observeFailure(
              'key-guessed',
              `The key of a given token (${each.algorithm}) was guessed: ${each.found.kind}, ${counted(each.found.bytes, 'byte')} long. Anyone can sign tokens with it.`,
              inspection,
            )
          : observePass('key-not-guessed', inspection),
      ),
    ],
    keys.length > 0
      ? `At least ${LEAST_BYTES} bytes, not guessable, and not a public text: ${keys.map(({ name }) => name).join(', ')}.`
      : `None of ${Math.max(0, ...(guesses ?? []).map((each) => ('tried' in each ? each.tried : 0))).toLocaleString('en-US')} common keys signed the given tokens.`,
  );
}

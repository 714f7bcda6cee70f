import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectVerdict, inspection } from '../../test/exchanges.ts';
import { judgeKeys } from './judge-keys.ts';

const STRONG = { name: 'JWT_SECRET', bytes: 64, distinct: 40, unguessed: 60 };
const GUESSES = { algorithm: 'HS256', tried: 100_000 };
const FOUND = { algorithm: 'HS256', found: { kind: 'common words', bytes: 46 } };
const at = { inspection: inspection('keys') };

describe('judgeKeys', () => {
  test('passes on long random keys, and on tokens that no common key signed', () => {
    expectVerdict(judgeKeys({ ...at, keys: [STRONG, { ...STRONG, bytes: 32, distinct: 10, unguessed: 22 }] }), 'pass');
    expectVerdict(judgeKeys({ ...at, keys: [], guesses: [GUESSES] }), 'pass');
  });

  test('fails on a short, repetitive, guessable or public key, and on a token that a common key signed', () => {
    for (const [weakness, code] of [
      [{ bytes: 31 }, 'key-too-short'],
      [{ distinct: 9 }, 'key-guessable'],
      [{ unguessed: 21 }, 'key-guessable'],
      [{ publicText: 'a PEM document' }, 'key-public'],
    ] as const)
      expectVerdict(judgeKeys({ ...at, keys: [STRONG, { ...STRONG, ...weakness }] }), 'fail', code);
    expectVerdict(judgeKeys({ ...at, keys: [], guesses: [GUESSES, FOUND] }), 'fail', 'key-guessed');
    expectVerdict(judgeKeys({ ...at, keys: [STRONG], guesses: [FOUND] }), 'fail', 'key-guessed');
  });

  test('states the number of guesses, and the kind and length of a key that was found', () => {
    assert.equal(judgeKeys({ ...at, keys: [], guesses: [GUESSES] }).summary, 'None of 100,000 common keys signed the given tokens.');
    assert.equal(
      judgeKeys({ ...at, keys: [], guesses: [FOUND] }).summary,
      'The key of a given token (HS256) was guessed: common words, 46 bytes long. Anyone can sign tokens with it.',
    );
  });

  test('does not apply to tokens without a shared secret', () => {
    expectVerdict(judgeKeys({ ...at, keys: [], guesses: [] }), 'not applicable');
  });

  test('does not apply without a key and a token', () => {
    expectVerdict(judgeKeys({ ...at, keys: [] }), 'not applicable', 'not-applicable');
  });
});

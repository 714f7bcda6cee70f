import { describe, test } from 'node:test';
import { expectVerdict, inspection } from '../../test/exchanges.ts';
import { judgeKeys } from './judge-keys.ts';

const STRONG = { name: 'JWT_SECRET', bytes: 64, distinct: 40, unguessed: 60 };
const at = { inspection: inspection('keys') };

describe('judgeKeys', () => {
  test('passes on long random keys, and on a token that no common word verifies', () => {
    expectVerdict(judgeKeys({ ...at, keys: [STRONG, { ...STRONG, bytes: 32, distinct: 10, unguessed: 22 }], tokenGuessed: undefined }), 'pass');
    expectVerdict(judgeKeys({ ...at, keys: [], tokenGuessed: false }), 'pass');
  });

  test('fails on a short, repetitive, guessable or public key, and on a token that a common word verifies', () => {
    for (const [weakness, code] of [
      [{ bytes: 31 }, 'key-too-short'],
      [{ distinct: 9 }, 'key-guessable'],
      [{ unguessed: 21 }, 'key-guessable'],
      [{ publicText: 'a PEM document' }, 'key-public'],
    ] as const)
      expectVerdict(judgeKeys({ ...at, keys: [STRONG, { ...STRONG, ...weakness }], tokenGuessed: undefined }), 'fail', code);
    expectVerdict(judgeKeys({ ...at, keys: [], tokenGuessed: true }), 'fail', 'key-guessable');
  });

  test('is inconclusive without a key and a token', () => {
    expectVerdict(judgeKeys({ ...at, keys: [], tokenGuessed: undefined }), 'inconclusive', 'nothing-observed');
  });
});

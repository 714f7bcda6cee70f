import { describe, test } from 'node:test';
import { expectVerdict, inspection } from '../../test/exchanges.ts';
import { judgeKeys } from './judge-keys.ts';

const STRONG = { name: 'JWT_SECRET', bytes: 64, distinct: 40, unguessed: 60 };
const at = { inspection: inspection('keys') };

describe('judgeKeys', () => {
  test('passes on long keys that are no words, and on a token no word verifies', () => {
    expectVerdict(judgeKeys({ ...at, keys: [STRONG, { ...STRONG, bytes: 32, distinct: 10, unguessed: 22 }], tokenGuessed: undefined }), 'pass');
    expectVerdict(judgeKeys({ ...at, keys: [], tokenGuessed: false }), 'pass');
  });

  test('fails on a short one, a repetitive one, one of common words, and a token that a word verifies', () => {
    for (const [weakness, code] of [
      [{ bytes: 31 }, 'key-too-short'],
      [{ distinct: 9 }, 'key-guessable'],
      [{ unguessed: 21 }, 'key-guessable'],
      [{ publicText: 'a PEM document' }, 'key-public'],
    ] as const)
      expectVerdict(judgeKeys({ ...at, keys: [STRONG, { ...STRONG, ...weakness }], tokenGuessed: undefined }), 'fail', code);
    expectVerdict(judgeKeys({ ...at, keys: [], tokenGuessed: true }), 'fail', 'key-guessable');
  });

  test('cannot tell without key and token', () => {
    expectVerdict(judgeKeys({ ...at, keys: [], tokenGuessed: undefined }), 'inconclusive', 'nothing-observed');
  });
});

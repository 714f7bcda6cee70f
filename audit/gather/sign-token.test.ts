import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import jwt from 'jsonwebtoken';
import { signToken, unsignedToken, withClaims, withFlippedBit } from './sign-token.ts';

const KEY = 'test-key-'.repeat(4);
const exp = Math.floor(Date.now() / 1_000) + 600;
const token = signToken({ sub: 'ada', exp }, KEY);

const verified = (candidate: string, algorithms: jwt.Algorithm[] = ['HS256']): unknown => jwt.verify(candidate, KEY, { algorithms });
const decoded = (candidate: string): jwt.Jwt | null => jwt.decode(candidate, { complete: true });

describe('tokens made by hand', () => {
  test('a library accepts the valid token', () => {
    assert.deepEqual(verified(token), { sub: 'ada', exp });
    assert.deepEqual(verified(signToken({ sub: 'ada', exp }, KEY, { alg: 'HS512', typ: 'JWT' }, 'sha512'), ['HS512']), { sub: 'ada', exp });
  });

  test('a library rejects each invalid token, so each of them tests something', () => {
    const wrong = {
      'another key': signToken({ sub: 'ada', exp }, 'other-key-'.repeat(4)),
      'no algorithm': unsignedToken({ sub: 'ada', exp }, 'none', true),
      'no last dot': unsignedToken({ sub: 'ada', exp }, 'none', false),
      'other claims': withClaims(token, (claims) => ({ ...claims, sub: 'bob' })),
      'a flipped bit': withFlippedBit(token),
    };
    for (const [name, candidate] of Object.entries(wrong)) {
      assert.notEqual(candidate, token, name);
      assert.throws(() => verified(candidate), name);
    }
  });

  test('only the claims differ with an old signature', () => {
    const changed = withClaims(token, (claims) => ({ ...claims, sub: 'bob' }));
    assert.deepEqual(decoded(changed)?.payload, { sub: 'bob', exp });
    assert.equal(changed.split('.')[2], token.split('.')[2]);
  });

  test('one bit differs, and the length is the same', () => {
    const [before, after] = [token, withFlippedBit(token)].map((each) => Buffer.from(each.split('.')[2] ?? '', 'base64url'));
    assert.equal(before?.length, after?.length);
    assert.deepEqual(before?.subarray(0, -1), after?.subarray(0, -1));
    assert.equal((before?.at(-1) ?? 0) ^ (after?.at(-1) ?? 0), 1);
    assert.equal(withFlippedBit(token).slice(0, -1), token.slice(0, -1), 'only the last character differs');
  });

  test('an unsigned token has one or two dots', () => {
    assert.equal(unsignedToken({}, 'none', true).split('.').length, 3);
    assert.equal(unsignedToken({}, 'none', false).split('.').length, 2);
    assert.equal(decoded(unsignedToken({ sub: 'ada' }, 'NONE', true))?.header.alg, 'NONE');
  });
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import jwt from 'jsonwebtoken';
import { createSecretSigner } from '../../gather/signer.ts';
import { type Attack, otherHashes, rightlySigned } from './bad-credentials.ts';

const KEY = randomBytes(48).toString('base64url');
const USERS = ['ada', 'bob'];
const OWN = { iss: 'https://api.example', type: 'access' };
const tokens = USERS.map((id) => jwt.sign({ ...OWN, userId: id, email: `${id}@example.com`, sub: id }, KEY, { expiresIn: '1h' }));
const signer = createSecretSigner(KEY, tokens);

const tokenIn = ({ headers }: Attack): string => headers?.[0]?.[1].replace('Bearer ', '') ?? '';

/** The user of an API that reads its own claims and no `sub`. */
function userOf(token: string): unknown {
  const claims = jwt.verify(token, KEY, { algorithms: ['HS256'] });
  return typeof claims === 'object' && claims['email'] !== undefined && claims['type'] === 'access' ? claims['userId'] : undefined;
}

describe('tokens signed for a user whose token was given', () => {
  test('have the claims of that user, and valid ones are accepted', () => {
    for (const sub of USERS) assert.equal(userOf(signer.sign({ sub, exp: Math.floor(Date.now() / 1_000) + 60 })), sub);
    assert.deepEqual(signer.claimsOf('ada'), { ...OWN, userId: 'ada', email: 'ada@example.com' });
    assert.deepEqual(signer.claimsOf('someone else'), OWN);
  });

  test('name the user in no claim where the attack is a token without a user', () => {
    const named = rightlySigned(signer, 'ada').filter(({ name }) => name.startsWith('sub '));
    assert.equal(named.length, 4);
    for (const attack of named) assert.notEqual(userOf(tokenIn(attack)), 'ada', attack.name);
  });

  test('are rejected by such an API only for what is wrong with them', () => {
    const [hs384 = ''] = otherHashes(KEY, signer, 'ada').map(tokenIn);
    assert.deepEqual(Object.keys(jwt.verify(hs384, KEY, { algorithms: ['HS384'] })).toSorted(), ['email', 'exp', 'iss', 'sub', 'type', 'userId']);
    const [expired = ''] = rightlySigned(signer, 'ada')
      .filter(({ kind }) => kind === 'expired')
      .map(tokenIn);
    assert.throws(() => jwt.verify(expired, KEY), jwt.TokenExpiredError);
    assert.equal((jwt.verify(expired, KEY, { ignoreExpiration: true }) as jwt.JwtPayload)['userId'], 'ada');
  });
});

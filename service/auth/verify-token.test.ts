import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import jwt from 'jsonwebtoken';
import { betterAuthSecret, jwtSecret, mintToken, newSecret } from '../test/tokens.ts';
import { createVerifyToken } from './verify-token.ts';

const verifyToken = createVerifyToken({ jwtSecret, betterAuthSecret });
const inFiveMinutes = (): number => Math.floor(Date.now() / 1_000) + 300;
const encode = (text: string): string => Buffer.from(text).toString('base64url');

/** A correctly signed token with exactly these parts, which JWT libraries do not create. */
function craft(header: string, payload: string, key = jwtSecret, digest = 'sha256'): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${createHmac(digest, key).update(signed).digest('base64url')}`;
}

const HEADER = '{"alg":"HS256","typ":"JWT"}';
const payload = (claims: string): string => `{"sub":"ada"${claims}}`;
const good = (): string => payload(`,"exp":${inFiveMinutes()}`);

describe('a token', () => {
  test('made with JWT_SECRET identifies its sub', () => {
    assert.deepEqual(verifyToken(mintToken({ sub: 'ada' })), { userId: 'ada' });
    assert.deepEqual(verifyToken(craft(HEADER, good())), { userId: 'ada' });
  });

  test('made with BETTER_AUTH_SECRET identifies its sub, or else its user.id', () => {
    assert.deepEqual(verifyToken(mintToken({ sub: 'ada' }, betterAuthSecret)), { userId: 'ada' });
    assert.deepEqual(verifyToken(mintToken({ user: { id: 'bob' } }, betterAuthSecret)), { userId: 'bob' });
    assert.deepEqual(verifyToken(mintToken({ sub: 'ada', user: { id: 'bob' } }, betterAuthSecret)), { userId: 'ada' });
  });

  test('made with JWT_SECRET needs a sub: user.id is only for Better Auth', () => {
    assert.equal(verifyToken(mintToken({ user: { id: 'bob' } })), undefined);
  });

  test('made with any other key is rejected', () => {
    for (const key of [newSecret(), '', ' ', jwtSecret.slice(0, -1), encode(jwtSecret)])
      assert.equal(verifyToken(craft(HEADER, good(), key)), undefined);
  });

  test('may have the type of a JWT or an access token, or no type, and no other type', () => {
    for (const typ of ['"JWT"', '"jwt"', '"at+jwt"']) assert.deepEqual(verifyToken(craft(`{"alg":"HS256","typ":${typ}}`, good())), { userId: 'ada' });
    assert.deepEqual(verifyToken(craft('{"alg":"HS256"}', good())), { userId: 'ada' });
    for (const typ of ['"dpop+jwt"', '"logout+jwt"', '1', 'null', '["JWT"]'])
      assert.equal(verifyToken(craft(`{"alg":"HS256","typ":${typ}}`, good())), undefined, typ);
  });
});

describe('an algorithm', () => {
  test('of none is rejected, in any spelling, with and without a signature', () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const header = `{"alg":"${alg}","typ":"JWT"}`;
      assert.equal(verifyToken(`${encode(header)}.${encode(good())}.`), undefined);
      assert.equal(verifyToken(craft(header, good())), undefined);
    }
  });

  test('other than HS256 is rejected with the right key', () => {
    for (const algorithm of ['HS384', 'HS512'] as const) {
      assert.equal(verifyToken(jwt.sign({ sub: 'ada', exp: inFiveMinutes() }, jwtSecret, { algorithm })), undefined);
    }
    for (const alg of ['"RS256"', '"ES256"', '"EdDSA"', '["HS256"]', '"hs256"', 'null', '1', '{}'])
      assert.equal(verifyToken(craft(`{"alg":${alg}}`, good())), undefined, alg);
    assert.equal(verifyToken(craft('{"typ":"JWT"}', good())), undefined);
  });

  test("is rejected if the header names another one than the signature's", () => {
    assert.equal(verifyToken(craft(HEADER, good(), jwtSecret, 'sha512')), undefined);
  });
});

describe('a signature', () => {
  test('covers header and payload', () => {
    const [header, , signature] = mintToken({ sub: 'ada' }).split('.');
    assert.equal(verifyToken([header, encode(payload(`,"exp":${inFiveMinutes()}`).replace('ada', 'eve')), signature].join('.')), undefined);
    const [, body, other] = mintToken({ sub: 'ada' }).split('.');
    assert.equal(verifyToken([encode('{"alg":"HS256","typ":"JWT","kid":"1"}'), body, other].join('.')), undefined);
  });

  test('has one spelling: unused bits of its last character must be zero', () => {
    const token = mintToken({ sub: 'ada' });
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.slice(-1));
    for (const unused of [1, 2, 3]) {
      const twin = token.slice(0, -1) + alphabet.charAt(last ^ unused);
      assert.deepEqual(
        Buffer.from(twin.split('.')[2] ?? '', 'base64url'),
        Buffer.from(token.split('.')[2] ?? '', 'base64url'),
        'the twin must decode to the same bytes',
      );
      assert.equal(verifyToken(twin), undefined);
    }
    assert.equal(verifyToken(`${token}=`), undefined);
  });
});

describe('an expiry', () => {
  test('is required', () => {
    assert.equal(verifyToken(craft(HEADER, payload(''))), undefined);
    assert.equal(verifyToken(craft(HEADER, payload(',"exp":null'))), undefined);
  });

  test('lies in the future', () => {
    const now = Math.floor(Date.now() / 1_000);
    for (const exp of [now - 1, now, 0, -1]) assert.equal(verifyToken(mintToken({ sub: 'ada', exp })), undefined);
  });

  for (const exp of ['"9999999999"', '1e999', '-1e999', 'true', '[9999999999]', '{}', '""']) {
    test(`is not ${exp}`, () => assert.equal(verifyToken(craft(HEADER, payload(`,"exp":${exp}`))), undefined));
  }

  test('is exact: the token is valid before that moment, and not after it', (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_250 });
    const fresh = createVerifyToken({ jwtSecret, betterAuthSecret });
    const tokenUntil = (exp: number): string => craft(HEADER, payload(`,"exp":${exp}`));
    for (const exp of [1_800_000_000.251, 1_800_000_001]) assert.deepEqual(fresh(tokenUntil(exp)), { userId: 'ada' }, `${exp}`);
    for (const exp of [1_800_000_000.25, 1_800_000_000.2, 1_800_000_000, 1_799_999_996]) assert.equal(fresh(tokenUntil(exp)), undefined, `${exp}`);
    const cached = tokenUntil(1_800_000_001);
    context.mock.timers.tick(749);
    assert.deepEqual(fresh(cached), { userId: 'ada' });
    context.mock.timers.tick(1);
    assert.equal(fresh(cached), undefined);
  });
});

describe('nbf', () => {
  const tokenFrom = (nbf: number | string, exp: number | string = inFiveMinutes()): string => craft(HEADER, payload(`,"exp":${exp},"nbf":${nbf}`));

  test('may be up to 5 seconds in the future, because clocks differ, and no more', (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
    const fresh = createVerifyToken({ jwtSecret, betterAuthSecret });
    for (const nbf of [0, 1_799_999_999, 1_800_000_000, 1_800_000_001, 1_800_000_005])
      assert.deepEqual(fresh(tokenFrom(nbf)), { userId: 'ada' }, `${nbf}`);
    for (const nbf of [1_800_000_005.001, 1_800_000_006, 1_800_000_200]) assert.equal(fresh(tokenFrom(nbf)), undefined, `${nbf}`);
  });

  test('that is not reached is verified again each time, so that the token is accepted as soon as it is valid', (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
    const fresh = createVerifyToken({ jwtSecret, betterAuthSecret });
    const token = tokenFrom(1_800_000_007);
    assert.equal(fresh(token), undefined);
    context.mock.timers.tick(1_999);
    assert.equal(fresh(token), undefined);
    context.mock.timers.tick(1);
    assert.deepEqual(fresh(token), { userId: 'ada' });
  });

  test('does not extend the lifetime of a token', (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
    const fresh = createVerifyToken({ jwtSecret, betterAuthSecret });
    const token = tokenFrom(1_800_000_004, 1_800_000_006);
    assert.deepEqual(fresh(token), { userId: 'ada' });
    context.mock.timers.tick(6_000);
    assert.equal(fresh(token), undefined);
  });

  test('is checked with both keys', () => {
    const now = Math.floor(Date.now() / 1_000);
    for (const key of [jwtSecret, betterAuthSecret]) {
      assert.deepEqual(verifyToken(mintToken({ sub: 'ada', nbf: now + 3 }, key)), { userId: 'ada' });
      assert.equal(verifyToken(mintToken({ sub: 'ada', nbf: now + 100 }, key)), undefined);
    }
  });

  for (const nbf of ['"0"', 'null', 'true', '[0]', '{}', '1e999', '-1e999', '""'])
    test(`is not ${nbf}`, () => assert.equal(verifyToken(tokenFrom(nbf)), undefined));
});

describe('a header', () => {
  test('with critical extensions is rejected, because none is supported', () => {
    for (const crit of ['["exp"]', '["b64"]', '[]', 'null', '"exp"'])
      assert.equal(verifyToken(craft(`{"alg":"HS256","crit":${crit},"exp":1}`, good())), undefined, crit);
  });

  test('cannot supply the key', () => {
    const key = newSecret();
    const own = `{"alg":"HS256","typ":"JWT","jwk":{"kty":"oct","k":"${encode(key)}"},"jku":"https://evil.test/keys","kid":"../../dev/null"}`;
    assert.equal(verifyToken(craft(own, good(), key)), undefined);
  });
});

describe('a user id', () => {
  for (const sub of [
    '1',
    '0',
    'true',
    'null',
    '[]',
    '["ada"]',
    '{}',
    '{"id":"ada"}',
    '""',
    '" "',
    '"ada lovelace"',
    '"ada\\u0000"',
    '"ada\\n"',
    '"ad\\u00e4"',
    `"${'a'.repeat(256)}"`,
  ]) {
    test(`is not ${sub.length > 40 ? 'longer than 255 characters' : sub}`, () => {
      const claims = `{"sub":${sub},"exp":${inFiveMinutes()}}`;
      assert.equal(verifyToken(craft(HEADER, claims)), undefined);
      assert.equal(verifyToken(craft(HEADER, claims, betterAuthSecret)), undefined);
    });
  }

  test('in user.id must be text too', () => {
    for (const user of ['1', 'null', '"bob"', '[]', '{}', '{"id":1}', '{"id":""}', '{"id":["bob"]}']) {
      assert.equal(verifyToken(craft(HEADER, `{"user":${user},"exp":${inFiveMinutes()}}`, betterAuthSecret)), undefined, user);
    }
  });

  test('may be a UUID, a Better Auth id, an address or 255 characters long', () => {
    for (const sub of ['0190a7e4-8b5c-7def-8123-456789abcdef', 'Zx81kQ0aPq2rS3tU4vW5xY6zA7bC8dE9', 'ada@tasks.test', 'auth0|42', 'a'.repeat(255)]) {
      assert.deepEqual(verifyToken(mintToken({ sub })), { userId: sub });
    }
  });
});

describe('a text that is not a token', () => {
  for (const [what, text] of Object.entries({
    'an empty text': '',
    'one part': 'abc',
    'two parts': `${encode(HEADER)}.${encode('{}')}`,
    'four parts': `${mintToken({ sub: 'ada' })}.e30`,
    'empty parts': '..',
    'a header that is not JSON': craft('{"alg":"HS256"', good()),
    'a header that is null': craft('null', good()),
    'a header that is text': craft('"HS256"', good()),
    'a header that is a list': craft('["HS256"]', good()),
    'a payload that is not JSON': craft(HEADER, '{"sub":"ada"'),
    'a payload that is null': craft(HEADER, 'null'),
    'a payload that is text': craft(HEADER, '"ada"'),
    'a payload that is a number': craft(HEADER, '9999999999'),
    'a payload that is a list': craft(HEADER, '["ada"]'),
    'an empty payload': craft(HEADER, ''),
  })) {
    test(`is rejected without an exception: ${what}`, () => assert.equal(verifyToken(text), undefined));
  }
});

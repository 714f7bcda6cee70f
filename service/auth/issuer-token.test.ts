import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { CompactSign, exportJWK, exportSPKI } from 'jose';
import { createLog } from '../log.ts';
import { AUDIENCE, ISSUER, newIssuerKey, signToken, startIssuer, type Issuer } from '../../rehearsal/stand-ins/issuer.ts';
import { mintToken } from '../test/tokens.ts';
import { createKeySet, KeySetUnavailableError } from './key-set.ts';
import { createVerifyToken } from './verify-token.ts';
import type { VerifyToken } from './caller.ts';

const ORIGIN = 'https://tasks-app.vercel.app';
const [eddsa, es256, rs256] = await Promise.all([newIssuerKey('EdDSA'), newIssuerKey('ES256'), newIssuerKey('RS256')]);
const keys = [eddsa, es256, rs256];

let issuer: Issuer;
beforeEach(async () => {
  issuer = await startIssuer(keys.map(({ jwk }) => jwk));
});
afterEach(() => {
  issuer.close();
  mock.timers.reset();
});

const silent = createLog('silent');

function verifier(audience: string | undefined = AUDIENCE, secrets: Parameters<typeof createVerifyToken>[0] = {}, log = silent): VerifyToken {
  return createVerifyToken(secrets, { issuer: { issuer: ISSUER, audience, origins: [ORIGIN] }, keySet: createKeySet(issuer.jwksUrl, log), log });
}

const byOrigin = (): VerifyToken =>
  createVerifyToken(
    {},
    { issuer: { issuer: ISSUER, audience: undefined, origins: [ORIGIN] }, keySet: createKeySet(issuer.jwksUrl, silent), log: silent },
  );

describe("a token of the issuer's key", () => {
  for (const key of keys) {
    test(`is accepted with ${key.alg}, and its tampered twins are not`, async () => {
      const verify = verifier();
      const token = await signToken(key);
      assert.deepEqual(await verify(token), { userId: 'auth0|ada' });
      const [header = '', payload = '', signature = ''] = token.split('.');
      const other = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'eve' })).toString('base64url');
      const zeros = Buffer.alloc(Buffer.from(signature, 'base64url').length).toString('base64url');
      for (const tampered of [`${header}.${other}.${signature}`, `${header}.${payload}.${zeros}`, `${header}.${payload}.`, `${header}.${payload}.AA`])
        assert.equal(await verify(tampered), undefined, tampered.slice(-20));
      assert.equal(issuer.requests, 1);
    });
  }

  test('needs the exact issuer, and the audience among its audiences', async () => {
    const verify = verifier();
    assert.deepEqual(await verify(await signToken(eddsa, { aud: ['other', AUDIENCE] })), { userId: 'auth0|ada' });
    for (const wrong of [
      { iss: ISSUER.slice(0, -1) },
      { iss: undefined },
      { iss: [ISSUER] },
      { aud: `${AUDIENCE}/` },
      { aud: undefined },
      { aud: [] },
      { aud: 'client-id-of-an-id-token' },
    ])
      assert.equal(await verify(await signToken(eddsa, wrong)), undefined, JSON.stringify(wrong));
  });

  test('needs an azp among the allowed origins where no audience is configured', async () => {
    const verify = byOrigin();
    assert.deepEqual(await verify(await signToken(rs256, { azp: ORIGIN, aud: undefined })), { userId: 'auth0|ada' });
    for (const azp of [undefined, 'https://other-app.vercel.app', `${ORIGIN}/`, [ORIGIN]])
      assert.equal(await verify(await signToken(rs256, { azp, aud: undefined })), undefined, String(azp));
  });

  test('needs an expiry that is not over, a user id, and an nbf that is at most 5 seconds ahead', async () => {
    const verify = verifier();
    const now = Math.floor(Date.now() / 1_000);
    for (const wrong of [
      { exp: undefined },
      { exp: now - 1 },
      { exp: 'never' },
      { sub: undefined },
      { sub: '' },
      { sub: 7 },
      { nbf: now + 20 },
      { sts: 'pending' },
    ])
      assert.equal(await verify(await signToken(es256, wrong)), undefined, JSON.stringify(wrong));
    const claims = JSON.stringify({ iss: ISSUER, aud: AUDIENCE, sub: 'ada', exp: 0 }).replace('"exp":0', '"exp":1e999');
    const endless = new CompactSign(Buffer.from(claims)).setProtectedHeader({ alg: 'ES256', kid: es256.kid });
    assert.equal(await verify(await endless.sign(es256.privateKey)), undefined, 'exp is too large for a number');
    assert.deepEqual(await verify(await signToken(es256, { nbf: now + 3 })), { userId: 'auth0|ada' });
  });

  test('needs the type JWT, at+jwt or none, and no critical extension', async () => {
    const verify = verifier();
    for (const typ of ['JWT', 'at+jwt', undefined]) assert.deepEqual(await verify(await signToken(eddsa, {}, { typ })), { userId: 'auth0|ada' });
    for (const typ of ['logout+jwt', 'secevent+jwt', 'dpop+jwt']) assert.equal(await verify(await signToken(eddsa, {}, { typ })), undefined, typ);
    assert.equal(await verify(await signToken(eddsa, {}, { crit: ['b64'], b64: true })), undefined);
  });
});

describe('a header', () => {
  test('only selects a key of the set: embedded keys and URLs of keys are ignored', async () => {
    const attacker = await newIssuerKey('ES256', es256.kid);
    const verify = verifier();
    for (const header of [
      { jwk: attacker.jwk },
      { jku: `${issuer.jwksUrl}/attacker` },
      { x5u: `${issuer.jwksUrl}/attacker` },
      { kid: undefined, jwk: attacker.jwk },
    ])
      assert.equal(await verify(await signToken(attacker, {}, header)), undefined, JSON.stringify(Object.keys(header)));
    assert.equal(issuer.requests, 1);
  });

  test('must name the algorithm of the key that kid selects', async () => {
    const verify = verifier();
    assert.equal(await verify(await signToken(es256, {}, { kid: rs256.kid })), undefined);
    assert.equal(await verify(await signToken(es256, {}, { kid: 7 as unknown as string })), undefined);
    assert.deepEqual(await verify(await signToken(es256, {}, { kid: undefined })), { userId: 'auth0|ada' });
  });

  test('never makes a public key a secret', async () => {
    const verify = verifier(AUDIENCE, {});
    const pem = await exportSPKI(rs256.publicKey);
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'eve', exp: Math.floor(Date.now() / 1_000) + 300 };
    for (const alg of ['HS256', 'RS256', 'none'])
      for (const secret of [pem, pem.trim(), JSON.stringify(rs256.jwk), Buffer.from(pem).toString('base64')]) {
        const signed = `${encode({ alg, kid: rs256.kid })}.${encode(claims)}`;
        assert.equal(await verify(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`), undefined);
      }
  });
});

test('a text that is not a token is rejected without an error', async () => {
  const verify = verifier();
  const encode = (text: string): string => Buffer.from(text).toString('base64url');
  for (const header of ['', 'x', 'null', '[]', '1', '{"alg":"EdDSA"', '{"alg":"EdDSA"}', '{"alg":"EdDSA","b64":false}'])
    for (const payload of ['', 'x', 'null', '[]', '{}', '{"exp":1e999}']) {
      assert.equal(await verify(`${encode(header)}.${encode(payload)}.AA`), undefined, `${header} ${payload}`);
      assert.equal(await verify(`${header}.${payload}.`), undefined);
    }
});

test('an HS256 token is accepted only where a secret is configured', async () => {
  const jwtSecret = 'k'.repeat(32);
  const token = mintToken({ sub: 'ada' }, jwtSecret);
  assert.equal(await verifier()(token), undefined);
  assert.deepEqual(await verifier(AUDIENCE, { jwtSecret })(token), { userId: 'ada' });
  assert.equal(issuer.requests, 0, 'no key set is needed');
});

describe('the key set', () => {
  test('ignores keys that are symmetric, weak, private, for encryption or of another algorithm', async () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' });
    const weak = { ...short, kid: 'weak', alg: 'RS256' };
    const withdrawn = await newIssuerKey('RS256', 'leaked');
    const secret = { kty: 'oct', k: Buffer.from('k'.repeat(32)).toString('base64url'), kid: 'oct', alg: 'HS256' };
    const encryption = { ...(await newIssuerKey('RS256', 'enc')).jwk, use: 'enc' };
    const other = { ...(await newIssuerKey('RS256', 'ps')).jwk, alg: 'PS256' };
    const leaked = { ...(await exportJWK(withdrawn.privateKey)), kid: 'leaked', alg: 'RS256' };
    issuer.publish([secret, encryption, other, weak, leaked]);
    await assert.rejects(async () => verifier()(await signToken(eddsa)), KeySetUnavailableError);
    issuer.publish([secret, encryption, other, weak, leaked, eddsa.jwk]);
    const verify = verifier();
    assert.deepEqual(await verify(await signToken(eddsa)), { userId: 'auth0|ada' });
    assert.equal(await verify(mintToken({ sub: 'eve', iss: ISSUER, aud: AUDIENCE }, 'k'.repeat(32))), undefined);
    assert.equal(await verify(await signToken(withdrawn)), undefined);
  });

  test('tries every key with the same id', async () => {
    const twin = await newIssuerKey('ES256', es256.kid);
    issuer.publish([twin.jwk, es256.jwk]);
    const verify = verifier();
    for (const key of [twin, es256]) assert.deepEqual(await verify(await signToken(key)), { userId: 'auth0|ada' });
  });

  test('is fetched once for a stampede of first tokens', async () => {
    const verify = verifier();
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, index) => signToken(eddsa, { sub: `user-${index}` })));
    const callers = await Promise.all(tokens.map(async (token) => verify(token)));
    assert.deepEqual(new Set(callers.map((caller) => caller?.userId)).size, 50);
    assert.equal(issuer.requests, 1);
  });

  test('is fetched at most once in 30 seconds for unknown key ids, and a new key is found afterwards', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const verify = verifier();
    await verify(await signToken(eddsa));
    const rotated = await newIssuerKey('EdDSA', 'rotated');
    issuer.publish([rotated.jwk]);
    const token = await signToken(rotated, { exp: Math.floor(Date.now() / 1_000) + 3_000 });
    for (let count = 0; count < 1_000; count += 1) assert.equal(await verify(await signToken({ ...rotated, kid: `unknown-${count}` })), undefined);
    assert.equal(issuer.requests, 1);
    mock.timers.tick(30_000);
    assert.deepEqual(await verify(token), { userId: 'auth0|ada' });
    assert.equal(issuer.requests, 2);
    assert.equal(await verify(await signToken(eddsa, { sub: 'bob' })), undefined, 'the old key was withdrawn');
  });

  test('is fetched again after ten minutes, and kept when that fails', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const verify = verifier();
    assert.ok(await verify(await signToken(eddsa)));
    issuer.respond = (_, response) => response.writeHead(500).end();
    mock.timers.tick(600_001);
    assert.deepEqual(await verify(await signToken(eddsa, { sub: 'bob' })), { userId: 'bob' });
    while (issuer.requests < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(await verify(await signToken(eddsa, { sub: 'eve' })), { userId: 'eve' });
  });

  test('is fetched before a token is verified when it is older than 20 minutes, and kept when that fails', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const verify = verifier();
    assert.ok(await verify(await signToken(eddsa)));
    mock.timers.tick(1_200_001);
    issuer.publish([es256.jwk]);
    assert.equal(await verify(await signToken(eddsa, { sub: 'bob' })), undefined, 'the key was withdrawn');
    assert.ok(await verify(await signToken(es256)));
    mock.timers.tick(1_200_001);
    issuer.respond = (_, response) => void response.writeHead(500).end();
    assert.deepEqual(await verify(await signToken(es256, { sub: 'bob' })), { userId: 'bob' });
  });

  const failures: Readonly<Record<string, Issuer['respond']>> = {
    'an error': (_, response) => response.writeHead(503).end(),
    HTML: (_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html>'),
    'a redirect': (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
    '1 MB': (_, response) => response.end(`{"keys":[],"padding":"${'x'.repeat(1_000_000)}"}`),
    'no usable key': (_, response) => response.end('{"keys":[]}'),
    'an incomplete body': (_, response) => (response.writeHead(200, { 'content-length': '999' }).write('{"keys":['), response.destroy()),
  };
  for (const [what, failure] of Object.entries(failures)) {
    test(`is unavailable, and not a reason to reject a token, while the issuer returns ${what}`, async () => {
      const working = issuer.respond;
      issuer.respond = failure;
      mock.timers.enable({ apis: ['Date'], now: Date.now() });
      const verify = verifier();
      await assert.rejects(async () => verify(await signToken(eddsa)), KeySetUnavailableError);
      assert.equal(await verify(mintToken({ sub: 'eve' })), undefined, 'a token of another algorithm needs no key set');
      assert.equal(issuer.requests, 1, 'no redirect is followed');
      issuer.respond = working;
      await assert.rejects(async () => verify(await signToken(eddsa)), KeySetUnavailableError, 'within a second no further attempt is made');
      mock.timers.tick(1_000);
      assert.deepEqual(await verify(await signToken(eddsa)), { userId: 'auth0|ada' });
    });
  }

  test('is unavailable when the issuer takes longer than three seconds', async () => {
    issuer.respond = () => {};
    const began = performance.now();
    await assert.rejects(async () => verifier()(await signToken(eddsa)), KeySetUnavailableError);
    assert.ok(performance.now() - began < 4_500);
  });
});

test('a mismatch of issuer or audience is logged once a minute, with both values and without the token', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const lines: unknown[] = [];
  const log = { ...silent, warn: (line: unknown) => lines.push(line), info: () => {} } as unknown as typeof silent;
  const verify = verifier(AUDIENCE, {}, log);
  const token = await signToken(eddsa, { iss: ISSUER.slice(0, -1) });
  for (let count = 0; count < 20; count += 1) await verify(token);
  await verify(await signToken(eddsa, { aud: 'x'.repeat(5_000) }));
  assert.equal(lines.length, 1);
  assert.deepEqual(lines[0], {
    expected: { iss: ISSUER, aud: AUDIENCE },
    received: { iss: JSON.stringify(ISSUER.slice(0, -1)), aud: JSON.stringify(AUDIENCE) },
  });
  mock.timers.tick(60_000);
  await verify(await signToken(eddsa, { aud: 'x'.repeat(5_000) }));
  assert.equal(lines.length, 2);
  assert.ok(JSON.stringify(lines).length < 1_000 && !JSON.stringify(lines).includes(token.slice(-20)));
});

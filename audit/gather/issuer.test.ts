import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { exportJWK, type JWK } from 'jose';
import { createCertificates, type Certificates } from '../../rehearsal/stand-ins/edge/certificates.ts';
import { type Issuer as Provider, type IssuerKey, newIssuerKey, signToken, startIssuer } from '../../rehearsal/stand-ins/issuer.ts';
import { claimsOf, headerOf } from '../model/token.ts';
import type { PrivateKey } from '../settings/tenants.ts';
import { findIssuer, type Issuer } from './issuer.ts';

const keys = await Promise.all(['EdDSA', 'ES256', 'RS256'].map((alg) => newIssuerKey(alg)));
const [eddsa] = keys as [IssuerKey];
let folder: string;
let certificates: Certificates;
let ca: string;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'issuer-'));
  certificates = await createCertificates(folder);
  ca = readFileSync(certificates.authorityFile, 'utf8');
});
after(() => rmSync(folder, { recursive: true }));

async function provider(context: TestContext, published: readonly object[] = [eddsa.jwk]): Promise<Provider> {
  const started = await startIssuer(published, certificates);
  context.after(() => started.close());
  return started;
}

const privateJwk = async ({ privateKey, kid, alg }: IssuerKey): Promise<PrivateKey> => ({ ...(await exportJWK(privateKey)), kid, alg }) as PrivateKey;

async function find(
  { jwksUrl }: Provider,
  {
    key = eddsa,
    privateKeys = [],
    header = {},
    expiredToken,
  }: { key?: IssuerKey; privateKeys?: readonly PrivateKey[]; header?: Record<string, unknown>; expiredToken?: string } = {},
): Promise<Issuer> {
  const tokens = await Promise.all(['ada', 'bob'].map((sub) => signToken(key, { sub, email: `${sub}@example.com`, role: 'user' }, header)));
  const [a = '', b = ''] = tokens;
  return findIssuer(
    { jwksUrl, privateKeys, expiredToken },
    [
      { setting: 'AUDIT_TOKEN_A', token: a },
      { setting: 'AUDIT_TOKEN_B', token: b },
    ],
    ca,
  );
}

describe("the issuer of the tenants' tokens", () => {
  for (const key of keys) {
    test(`is found by the key that verifies them, and its private key signs like it (${key.alg})`, async (context) => {
      const published = keys.map(({ jwk }) => jwk);
      const [own, old] = await Promise.all([privateJwk(key), privateJwk(await newIssuerKey(key.alg, 'old'))]);
      const issuer = await find(await provider(context, published), { key, privateKeys: [old, own] });
      assert.equal(issuer.key.kid, key.kid);
      assert.deepEqual(issuer.withdrawn, [old]);
      const token = issuer.signer?.sign({ sub: 'eve', exp: 4_000_000_000 }) ?? '';
      const { iss, aud, sub, email, role } = claimsOf(token);
      const genuine = claimsOf(await signToken(key));
      assert.deepEqual([iss, aud, sub, email, role], [genuine['iss'], genuine['aud'], 'eve', undefined, 'user']);
      assert.deepEqual(headerOf(token), { alg: key.alg, kid: key.kid, typ: 'JWT' });
      assert.ok(isSigned(token, key.jwk));
      assert.equal(claimsOf(issuer.signer?.sign({ sub: 'eve', aud: undefined }) ?? '')['aud'], undefined);
      assert.equal(issuer.signer?.sign({ sub: 'eve', exp: 4_000_000_000 }), token, 'the same claims are the same token');
    });
  }

  test('may publish keys without a kid', async (context) => {
    const issuer = await find(
      await provider(
        context,
        keys.map(({ jwk }) => ({ ...jwk, kid: undefined })),
      ),
      { header: { kid: undefined } },
    );
    assert.equal(issuer.key.kty, 'OKP');
    assert.equal(issuer.signer, undefined);
  });

  test('is rejected where its keys do not verify both tokens', async (context) => {
    const other = await newIssuerKey('EdDSA');
    await assert.rejects(find(await provider(context, [other.jwk])), {
      message: /^AUDIT_TOKEN_A and AUDIT_TOKEN_B: no key of AUDIT_JWKS_URL verifies the token\. /,
    });
  });

  test('is rejected where the given private key is not the one of the tokens', async (context) => {
    const other = await privateJwk(await newIssuerKey('EdDSA'));
    await assert.rejects(find(await provider(context), { privateKeys: [other] }), { message: /^AUDIT_ISSUER_KEY: no key in the file belongs to/ });
  });

  test('has an expired token of user A that could not be rejected for anything but its expiry', async (context) => {
    const other = await newIssuerKey('EdDSA');
    const started = await provider(context);
    const expired = (claims: Record<string, unknown> = {}, key = eddsa): Promise<string> => signToken(key, { sub: 'ada', exp: 1_000, ...claims });
    const expiredToken = await expired();
    assert.equal((await find(started, { expiredToken })).expiredToken, expiredToken);
    for (const token of [expired({ sub: 'bob' }), expired({ aud: 'other-api' }), expired({ iss: 'https://other.example' }), expired({}, other)])
      await assert.rejects(find(started, { expiredToken: await token }), { message: /^AUDIT_EXPIRED_TOKEN: a published key must verify it/ });
  });

  const unusable: Readonly<Record<string, [respond: Provider['respond'], message: RegExp]>> = {
    HTML: [(_, response) => response.end('<!doctype html>'), /^AUDIT_JWKS_URL: the response is not a JWK set/],
    'an error': [(_, response) => response.writeHead(500).end(), /^AUDIT_JWKS_URL: the JWK set cannot be fetched \(status 500\)$/],
    'a redirect': [(_, response) => response.writeHead(302, { location: '/keys' }).end(), /\(status 302\)$/],
    'a megabyte': [(_, response) => response.end('x'.repeat(1_000_000)), /\(more than 65536 bytes\)$/],
  };
  for (const [what, [respond, message]] of Object.entries(unusable)) {
    test(`is rejected where it returns ${what}`, async (context) => {
      const started = await provider(context);
      started.respond = respond;
      await assert.rejects(find(started), { message });
    });
  }

  test('is rejected where its certificate is not trusted', async (context) => {
    const { jwksUrl } = await provider(context);
    const token = await signToken(eddsa);
    const tokens = [
      { setting: 'AUDIT_TOKEN_A', token },
      { setting: 'AUDIT_TOKEN_B', token },
    ] as const;
    await assert.rejects(findIssuer({ jwksUrl, privateKeys: [], expiredToken: undefined }, tokens, undefined), {
      message: /^AUDIT_JWKS_URL: the JWK set cannot be fetched \(/,
    });
  });
});

function isSigned(token: string, jwk: JWK): boolean {
  const [header, payload, signature = ''] = token.split('.');
  const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const;
  return verify(jwk.alg === 'EdDSA' ? undefined : 'sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
}

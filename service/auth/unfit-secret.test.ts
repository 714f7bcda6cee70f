import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { generate } from 'selfsigned';
import { jwtSecret, mintToken } from '../test/tokens.ts';
import { secretProblem } from './unfit-secret.ts';

const PAIRS = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  Ed25519: generateKeyPairSync('ed25519'),
};
const { cert } = await generate([{ name: 'commonName', value: 'issuer.test' }]);
const certificateBody = cert.replaceAll(/-----[A-Z ]+-----|\s/g, '');

describe('rejects as an HMAC key', () => {
  for (const [name, { publicKey, privateKey }] of Object.entries(PAIRS)) {
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const jwk = publicKey.export({ format: 'jwk' });
    const texts: Record<string, [text: string, reason: RegExp]> = {
      'public key in PEM': [pem, /^is a PEM text/],
      'private key in PEM': [privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), /^is a PEM text/],
      'public key in PEM with white space before it': [`\n \t${pem}`, /^is a PEM text/],
      'public key in PEM on one line': [pem.trim().replaceAll('\n', '\\n'), /^is a PEM text/],
      'public key in PEM after a quote that was never closed': [`"${pem.split('\n')[0]}`, /^is a PEM text/],
      'public key in PEM, in base64': [Buffer.from(pem).toString('base64'), /^is an encoded key/],
      'public key in DER, in base64': [der.toString('base64'), /^is an encoded key/],
      'public key in DER, in base64url': [der.toString('base64url'), /^is an encoded key/],
      'public key in DER, in hex': [der.toString('hex'), /^is an encoded key/],
      'public key in DER, in base64 of several lines': [der.toString('base64').replaceAll(/.{64}/g, '$&\n'), /^is an encoded key/],
      'private key in DER, in base64': [privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'), /^is an encoded key/],
      'public key as a JWK': [JSON.stringify(jwk), /^is JSON/],
      'public key as a JWK of several lines': [JSON.stringify(jwk, null, 2), /^is JSON/],
      'public key as a JWK set': [JSON.stringify({ keys: [jwk] }), /^is JSON/],
      'public key as a JWK, in base64': [Buffer.from(JSON.stringify(jwk)).toString('base64'), /^is an encoded key/],
    };
    for (const [what, [text, reason]] of Object.entries(texts)) test(`${name} ${what}`, () => assert.match(secretProblem(text) ?? 'none', reason));
  }

  const others: Record<string, [text: string, reason: RegExp]> = {
    'a certificate in PEM': [cert, /^is a PEM text/],
    'a certificate in DER, in base64, as x5c of a JWK': [certificateBody, /^is an encoded key/],
    'an SSH public key': [`ssh-ed25519 AAAA${randomBytes(48).toString('base64')} user@host`, /^is an SSH key/],
    'an SSH public key as RFC 4716 writes it': ['---- BEGIN SSH2 PUBLIC KEY ----\nAAAA', /^is a PEM text/],
    'the URL of a JWKS': ['https://tasks-app.vercel.app/api/auth/jwks', /^contains a URL/],
    'the URL of a database': [`postgresql://app:${randomBytes(12).toString('hex')}@db.test/tasks`, /^contains a URL/],
    'a URL after other text': [`jwks=https://tasks-app.vercel.app/api/auth/jwks`, /^contains a URL/],
    'a token': [mintToken({ sub: 'ada' }), /^is a token/],
    'a JWK set without keys': ['{"keys":[]}', /^is JSON/],
    'a secret in double quotes': [`"${jwtSecret}"`, /^is wrapped in quotes/],
    'a secret in single quotes': [`'${jwtSecret}'`, /^is wrapped in quotes/],
    'a secret in typographic quotes': [`“${jwtSecret}”`, /^is wrapped in quotes/],
    'a secret in quotes with white space around them': [` "${jwtSecret}"\n`, /^is wrapped in quotes/],
  };
  for (const [what, [text, reason]] of Object.entries(others)) test(what, () => assert.match(secretProblem(text) ?? 'none', reason));
});

describe('accepts a random secret', () => {
  for (const encoding of ['base64', 'base64url', 'hex'] as const) {
    test(`in ${encoding}, of any length and bytes`, () => {
      for (let length = 24; length < 104; length += 1) {
        for (let time = 0; time < 20; time += 1) {
          const bytes = randomBytes(length);
          // Every other one begins like DER: a sequence of the right length.
          if (time % 2 === 0) bytes.set([0x30, length - 2]);
          const secret = bytes.toString(encoding);
          assert.equal(secretProblem(secret), undefined, secret);
        }
      }
    });
  }

  test('of any printable characters, including quotes, dots, slashes and colons', () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
    for (const secret of [
      printable,
      `a"${jwtSecret}"`,
      `${jwtSecret}"`,
      `{${jwtSecret}}`,
      `[${jwtSecret}]`,
      `${jwtSecret}.${jwtSecret}.${jwtSecret}`,
    ])
      assert.equal(secretProblem(secret), undefined, secret);
  });
});

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { generate } from 'selfsigned';
import { publicTextOf, unguessed } from './gather-keys.ts';

describe('unguessed', () => {
  test('counts no characters of known words and few of sequences and repetitions', () => {
    for (const key of [
      'secret',
      'SuperSecret-jwt_KEY',
      'my.secret:key my-token',
      `change_me-${'0'.repeat(30)}`,
      `jwt-secret-${'1234567890'.repeat(3)}`,
    ])
      assert.ok(unguessed(key) < 10, `${key}: ${unguessed(key)}`);
    assert.equal(unguessed('tasks-app-secret', ['tasks', 'app']), 0);
    assert.equal(unguessed('abcdefghij'), 2);
  });

  test('counts nearly all characters of a random key', () => {
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      for (let round = 0; round < 100; round += 1) {
        const key = randomBytes(24).toString(encoding);
        assert.ok(unguessed(key, ['tasks', 'app']) >= 22, key);
      }
    assert.equal(unguessed('kJ7Qw2Zp'), 8);
  });
});

describe('publicTextOf', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const der = (text: string): string => text.replaceAll(/-----[A-Z ]+-----|\s/g, '');

  test('recognizes PEM, DER, JWK and key sets, URLs and quoted text', async () => {
    const { cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' });
    const texts: Readonly<Record<string, readonly string[]>> = {
      'a PEM document': [pem, ` ${pem}`, cert],
      'a DER document in base64': [der(pem), der(cert)],
      'a JSON Web Key or key set': [JSON.stringify(jwk), JSON.stringify({ keys: [jwk] }), Buffer.from(JSON.stringify(jwk)).toString('base64')],
      'a URL': ['https://issuer.example.com/.well-known/jwks.json', 'postgresql://user@host.example.com/database'],
      'a text in quotes': [`"${randomBytes(32).toString('base64')}"`, `'${randomBytes(32).toString('hex')}'`],
    };
    for (const [kind, keys] of Object.entries(texts)) for (const key of keys) assert.deepEqual(publicTextOf(key), { publicText: kind }, key);
  });

  test('recognizes nothing in random keys', () => {
    // A key of arbitrary bytes is in quotes by chance once in 22,000.
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      for (let round = 0; round < 500; round += 1) assert.deepEqual(publicTextOf(randomBytes(48).toString(encoding)), {});
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exchange } from '../test/exchanges.ts';
import { createLedger } from './ledger.ts';
import { createRedactor } from './redactor.ts';
import { createRunRecord } from './run-record.ts';
import { signToken } from './sign-token.ts';

const KEY = 'test-key-'.repeat(4);
const token = signToken({ sub: 'audit-user', exp: 1 }, KEY);

describe('a redactor', () => {
  test('replaces every occurrence of a value by its name', () => {
    const redactor = createRedactor({ JWT_SECRET: KEY });
    assert.equal(redactor.redact(`${KEY} and ${KEY}`), '<JWT_SECRET> and <JWT_SECRET>');
    assert.deepEqual(redactor.find(`x${KEY}y`), ['JWT_SECRET']);
    assert.deepEqual(redactor.find('nothing'), []);
  });

  test('replaces the longer of two values first, so that no part remains', () => {
    const redactor = createRedactor({ SHORT: 'part-of-the-other', LONG: 'begin-part-of-the-other-end' });
    assert.equal(redactor.redact('begin-part-of-the-other-end part-of-the-other'), '<LONG> <SHORT>');
  });

  test('ignores values so short that they would match by chance', () => {
    const redactor = createRedactor({ SHORT: 'eleven-long' });
    assert.equal(redactor.redact('eleven-long'), 'eleven-long');
    assert.deepEqual(createRedactor({ ENOUGH: 'twelve-long-' }).find('twelve-long-'), ['ENOUGH']);
  });

  test('replaces tokens by their form, for any key', () => {
    const redactor = createRedactor({});
    const [header = '', payload = '', signature = ''] = token.split('.');
    for (const shape of [token, `${header}.${payload}.`, `${header}.${payload}`, `${token}.${signature}`, `${token}.bypass-signature`]) {
      assert.equal(redactor.redact(`Bearer ${shape}`), 'Bearer <token>', shape.replaceAll(/\w/g, 'x'));
    }
    assert.equal(redactor.redact('a.b.c'), 'a.b.c');
    assert.equal(redactor.redact('eyJabcde.'), '<token>', 'also without further text, or the stored text would be found again');
  });

  test('replaces the password of a URL, encoded and decoded', () => {
    const url = ['postgresql:/', '/user:long%21pass-word@db.example/tasks'].join('');
    const redactor = createRedactor({ DATABASE_URL: url });
    assert.equal(redactor.redact(`${url} long%21pass-word long!pass-word`), '<DATABASE_URL> <password of DATABASE_URL> <password of DATABASE_URL>');
    assert.deepEqual(createRedactor({ DATABASE_URL: url.replace('long%21pass-word', 'eleven-long') }).find('eleven-long'), []);
  });

  test('replaces base64 of a value', () => {
    const redactor = createRedactor({ JWT_SECRET: KEY });
    assert.ok(!redactor.redact(Buffer.from(KEY).toString('base64')).includes(Buffer.from(KEY).toString('base64').slice(0, 20)));
  });

  test('protects values that are added later', () => {
    const redactor = createRedactor({});
    assert.equal(redactor.redact('opaque-token-value'), 'opaque-token-value');
    redactor.protect('token of tenant A', 'opaque-token-value');
    assert.equal(redactor.redact('opaque-token-value'), '<token of tenant A>');
  });

  test('treats a value as text, not as a pattern', () => {
    const redactor = createRedactor({ SECRET: 'a+b(c)[d]$&^.*' });
    assert.equal(redactor.redact('xa+b(c)[d]$&^.*y'), 'x<SECRET>y');
  });

  test('finds no value in its own output', () => {
    const redactor = createRedactor({ JWT_SECRET: KEY, AUDIT_TOKEN_A: token });
    const clean = redactor.redact(`${KEY} ${token} ${token}.suffix`);
    assert.deepEqual(redactor.find(clean), []);
    assert.equal(redactor.redact(clean), clean);
  });

  test('replaces a token inside Basic credentials', () => {
    const redactor = createRedactor({ AUDIT_TOKEN_A: token });
    const basic = Buffer.from(`user:${token}`).toString('base64');
    assert.ok(!redactor.redact(`Authorization: Basic ${basic}`).includes(basic));
  });

  test('replaces the signature after a protected token', () => {
    const redactor = createRedactor({ AUDIT_TOKEN_A: token });
    const signature = token.split('.')[2] ?? '';
    assert.ok(!redactor.redact(`Bearer ${token}.${signature}`).includes(signature));
  });

  test('finds a value with two names under both', () => {
    const redactor = createRedactor({ AUDIT_TOKEN_A: token });
    redactor.protect('token of tenant A', token);
    assert.ok(redactor.find(token).includes('AUDIT_TOKEN_A'));
  });
});

describe('a ledger', () => {
  function openLedger(secrets: Readonly<Record<string, string>>): { ledger: ReturnType<typeof createLedger>; recorded: () => string } {
    const record = createRunRecord('run');
    return {
      ledger: createLedger(record, createRedactor(secrets), '0-'),
      recorded: () =>
        record
          .texts()
          .map(({ text }) => text)
          .join('\n'),
    };
  }
  const sent = (body: string, headers: readonly (readonly [string, string])[] = []): Omit<ReturnType<typeof exchange>, 'id' | 'leaked'> => {
    const { id: _, leaked: __, ...rest } = exchange({ headers }, { body });
    return rest;
  };

  test('records that a response contained a secret, without the secret', () => {
    const { ledger, recorded } = openLedger({ JWT_SECRET: KEY });
    const exchange = ledger.http(sent(`{"key":"${KEY}"}`));
    assert.deepEqual(exchange.leaked, ['JWT_SECRET']);
    assert.ok(!JSON.stringify(exchange).includes(KEY) && !recorded().includes(KEY));
  });

  test('does not report a secret of the request', () => {
    const { ledger, recorded } = openLedger({ JWT_SECRET: KEY });
    const exchange = ledger.http(sent('{}', [['Authorization', `Bearer ${KEY}`]]));
    assert.deepEqual(exchange.leaked, []);
    assert.ok(!recorded().includes(KEY));
  });

  test('finds a secret in the truncated part of a long body', () => {
    const { ledger } = openLedger({ JWT_SECRET: KEY });
    const exchange = ledger.http(sent(`${' '.repeat(50_000)}${KEY}`));
    assert.deepEqual(exchange.leaked, ['JWT_SECRET']);
  });

  test('gives each line its own id, with the prefix of its worker', () => {
    const { ledger, recorded } = openLedger({});
    const ids = [ledger.http(sent('{}')), ledger.inspection({ evidence: 'tokens', subject: KEY, at: 1, ms: 1 })].map(({ id }) => id);
    assert.deepEqual(ids, ['0-1', '0-2']);
    assert.equal(recorded().trim().split('\n').length, 2);
  });

  test('finds and redacts a secret that JSON must escape', () => {
    const secret = String.raw`quote" and \backslash in it`;
    const { ledger, recorded } = openLedger({ JWT_SECRET: secret });
    const exchange = ledger.http(sent(`leaked: ${secret}`));
    assert.deepEqual(exchange.leaked, ['JWT_SECRET']);
    assert.ok(!recorded().includes(JSON.stringify(secret).slice(1, -1)), 'the record contains the secret');
  });
});

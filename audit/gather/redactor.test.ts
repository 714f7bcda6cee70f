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
  test('takes out every occurrence of a value, and names it', () => {
    const redactor = createRedactor({ JWT_SECRET: KEY });
    assert.equal(redactor.redact(`${KEY} and ${KEY}`), '<JWT_SECRET> and <JWT_SECRET>');
    assert.deepEqual(redactor.find(`x${KEY}y`), ['JWT_SECRET']);
    assert.deepEqual(redactor.find('nothing'), []);
  });

  test('takes the longer of two values first, so that none stands half', () => {
    const redactor = createRedactor({ SHORT: 'part-of-the-other', LONG: 'begin-part-of-the-other-end' });
    assert.equal(redactor.redact('begin-part-of-the-other-end part-of-the-other'), '<LONG> <SHORT>');
  });

  test('ignores values so short that they would match by chance', () => {
    const redactor = createRedactor({ SHORT: 'eleven-long' });
    assert.equal(redactor.redact('eleven-long'), 'eleven-long');
    assert.deepEqual(createRedactor({ ENOUGH: 'twelve-long-' }).find('twelve-long-'), ['ENOUGH']);
  });

  test('knows a token by its shape, whoever signed it', () => {
    const redactor = createRedactor({});
    const [header = '', payload = '', signature = ''] = token.split('.');
    for (const shape of [token, `${header}.${payload}.`, `${header}.${payload}`, `${token}.${signature}`, `${token}.bypass-signature`]) {
      assert.equal(redactor.redact(`Bearer ${shape}`), 'Bearer <token>', shape.replaceAll(/\w/g, 'x'));
    }
    assert.equal(redactor.redact('a.b.c'), 'a.b.c');
    assert.equal(redactor.redact('eyJabcde.'), '<token>', 'alone as within a text, or what is kept would be found again');
  });

  test('takes out the password of a URL alone too, as it is written and as it is meant', () => {
    const url = ['postgresql:/', '/user:long%21pass-word@db.example/tasks'].join('');
    const redactor = createRedactor({ DATABASE_URL: url });
    assert.equal(redactor.redact(`${url} long%21pass-word long!pass-word`), '<DATABASE_URL> <password of DATABASE_URL> <password of DATABASE_URL>');
    assert.deepEqual(createRedactor({ DATABASE_URL: url.replace('long%21pass-word', 'eleven-long') }).find('eleven-long'), []);
  });

  test('takes out base64 of a value', () => {
    const redactor = createRedactor({ JWT_SECRET: KEY });
    assert.ok(!redactor.redact(Buffer.from(KEY).toString('base64')).includes(Buffer.from(KEY).toString('base64').slice(0, 20)));
  });

  test('learns values later', () => {
    const redactor = createRedactor({});
    redactor.protect('token of tenant A', 'opaque-token-value');
    assert.equal(redactor.redact('opaque-token-value'), '<token of tenant A>');
  });

  test('treats a value as text, not as a pattern', () => {
    const redactor = createRedactor({ SECRET: 'a+b(c)[d]$&^.*' });
    assert.equal(redactor.redact('xa+b(c)[d]$&^.*y'), 'x<SECRET>y');
  });

  test('what it gave out is found no more', () => {
    const redactor = createRedactor({ JWT_SECRET: KEY, AUDIT_TOKEN_A: token });
    const clean = redactor.redact(`${KEY} ${token} ${token}.suffix`);
    assert.deepEqual(redactor.find(clean), []);
    assert.equal(redactor.redact(clean), clean);
  });

  test('a token inside Basic credentials is taken out too', () => {
    const redactor = createRedactor({ AUDIT_TOKEN_A: token });
    const basic = Buffer.from(`user:${token}`).toString('base64');
    assert.ok(!redactor.redact(`Authorization: Basic ${basic}`).includes(basic));
  });

  test('the signature of a protected token does not stay behind it', () => {
    const redactor = createRedactor({ AUDIT_TOKEN_A: token });
    const signature = token.split('.')[2] ?? '';
    assert.ok(!redactor.redact(`Bearer ${token}.${signature}`).includes(signature));
  });

  test('a value with two names is found under both', () => {
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

  test('notes that an answer held a secret, and holds it itself nowhere', () => {
    const { ledger, recorded } = openLedger({ JWT_SECRET: KEY });
    const kept = ledger.http(sent(`{"key":"${KEY}"}`));
    assert.deepEqual(kept.leaked, ['JWT_SECRET']);
    assert.ok(!JSON.stringify(kept).includes(KEY) && !recorded().includes(KEY));
  });

  test('does not blame an answer for the secret that was sent', () => {
    const { ledger, recorded } = openLedger({ JWT_SECRET: KEY });
    const kept = ledger.http(sent('{}', [['Authorization', `Bearer ${KEY}`]]));
    assert.deepEqual(kept.leaked, []);
    assert.ok(!recorded().includes(KEY));
  });

  test('finds a secret that stands behind what is kept of a long body', () => {
    const { ledger } = openLedger({ JWT_SECRET: KEY });
    const kept = ledger.http(sent(`${' '.repeat(50_000)}${KEY}`));
    assert.deepEqual(kept.leaked, ['JWT_SECRET']);
  });

  test('gives each line an id of its own, with the prefix of its worker', () => {
    const { ledger, recorded } = openLedger({});
    const ids = [ledger.http(sent('{}')), ledger.inspection({ evidence: 'tokens', subject: KEY, at: 1, ms: 1 })].map(({ id }) => id);
    assert.deepEqual(ids, ['0-1', '0-2']);
    assert.equal(recorded().trim().split('\n').length, 2);
  });

  test('finds and redacts a secret that JSON must escape', () => {
    const secret = String.raw`quote" and \backslash in it`;
    const { ledger, recorded } = openLedger({ JWT_SECRET: secret });
    const kept = ledger.http(sent(`leaked: ${secret}`));
    assert.deepEqual(kept.leaked, ['JWT_SECRET']);
    assert.ok(!recorded().includes(JSON.stringify(secret).slice(1, -1)), 'the record holds the secret');
  });
});

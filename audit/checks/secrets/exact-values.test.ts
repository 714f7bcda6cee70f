import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { createValueSearch } from './exact-values.ts';

const KEY = randomBytes(48).toString('base64url');
const PASSWORD = randomBytes(16).toString('hex');
/** Joined at run time, so that this file does not contain such a URL. */
const urlWith = (password: string): string => ['postgresql://app', `${password}@db.example.com/tasks`].join(':');
const find = createValueSearch({ JWT_SECRET: KEY, DATABASE_URL: urlWith(PASSWORD), SHORT: 'short' });
const found = (text: string, encoding: BufferEncoding = 'utf8'): string[] => find(Buffer.from(text, encoding));

describe('the search for exact values', () => {
  test('finds a value in text, base64 and UTF-16', () => {
    assert.deepEqual(found(`key: "${KEY}"`), ['JWT_SECRET']);
    assert.deepEqual(found(Buffer.from(KEY).toString('base64')), ['JWT_SECRET in base64']);
    assert.deepEqual(found(`key: ${KEY}`, 'utf16le'), ['JWT_SECRET']);
    assert.deepEqual(find(Buffer.from(`key: ${KEY}`, 'utf16le').swap16()), ['JWT_SECRET']);
  });

  test('finds the password of a URL alone', () => {
    assert.deepEqual(found(`PGPASSWORD=${PASSWORD}`), ['password of DATABASE_URL']);
  });

  test('finds a token that a secret has signed, and no other token', () => {
    const tokenOf = (key: string): string => {
      const signed = ['{"alg":"HS256"}', '{"sub":"a"}'].map((part) => Buffer.from(part).toString('base64url')).join('.');
      return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
    };
    assert.deepEqual(found(`Bearer ${tokenOf(KEY)}`), ['a valid token']);
    assert.deepEqual(found(`Bearer ${tokenOf(`${KEY}.`)}`), []);
  });

  test('finds values outside ASCII, and passwords that a URL encodes', () => {
    const value = `pässword-${randomBytes(8).toString('hex')}`;
    const search = createValueSearch({ VALUE: value, URL: urlWith(encodeURIComponent(`${value}-2`)) });
    assert.deepEqual(search(Buffer.from(`= ${value} `)), ['VALUE']);
    assert.ok(search(Buffer.from(`= ${value}-2`)).includes('password of URL'));
  });

  test('finds nothing in other text, nor values that are short', () => {
    assert.deepEqual(found('short and unrelated text'), []);
  });
});

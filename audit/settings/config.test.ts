import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type AuditConfig, deviationOf, readConfig } from './config.ts';
import { SettingsError } from './target.ts';

const NOW = Date.parse('2026-06-15T12:00:00Z');
const DEVIATION = { check: 'tls-ciphers', reason: 'the edge is the platform\u2019s', owner: 'ops', expires: '2026-06-15' };

const CHECKS = ['tls-ciphers', 'hsts'];

let folder: string;
before(() => void (folder = mkdtempSync(path.join(tmpdir(), 'audit-config-'))));
after(() => rmSync(folder, { recursive: true }));

function read(content: unknown): AuditConfig {
  const file = path.join(folder, 'audit.config.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readConfig({ AUDIT_CONFIG: file }, NOW, CHECKS);
}

function problemsOf(content: unknown): string {
  try {
    read(content);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.message;
  }
  return 'none';
}

describe('the config file', () => {
  test('may be absent, unless AUDIT_CONFIG names it', () => {
    assert.deepEqual(readConfig({ AUDIT_CONFIG: '' }, NOW, CHECKS).checks, {});
    assert.throws(() => readConfig({ AUDIT_CONFIG: path.join(folder, 'none.json') }, NOW, CHECKS), /AUDIT_CONFIG: no file /);
  });

  test('has a default for everything', () => {
    assert.deepEqual(read({}), {
      origins: [],
      requestHeaders: [],
      safeOperations: [],
      policies: [],
      leftovers: false,
      requirements: {},
      budget: { seconds: 60 },
      checks: {},
      deviations: [],
      settledSecrets: [],
    });
  });

  test('may name the collection and the path of health', () => {
    const { collection, health } = read({ collection: '/api/v1/tasks', health: '/up' });
    assert.deepEqual([collection, health], ['/api/v1/tasks', '/up']);
    assert.match(problemsOf({ collection: 'tasks' }), /collection is invalid: must be a path such as/);
  });

  test('is rejected with every problem named', () => {
    const text = problemsOf({
      chekcs: {},
      requestHeaders: ['a header'],
      origins: ['https://a.example/x'],
      checks: { hsts: 'silent' },
      safeOperations: ['/reports'],
      policies: ['none'],
      deviations: [{ ...DEVIATION, owner: '' }],
    });
    for (const part of [
      'unknown keys: chekcs',
      'origins.0 has a path: give an origin such as',
      'requestHeaders.0 is invalid: must be a header name',
      'checks.hsts',
      'safeOperations.0 is invalid: must be a method and a path, such as POST /reports',
      'policies.0 is invalid',
      'deviations.0.owner',
    ])
      assert.ok(text.includes(part), `${part} is not in: ${text}`);
    assert.match(problemsOf('{'), /is not JSON/);
    assert.match(problemsOf({ checks: { hst: 'off' } }), /hst/);
    assert.match(problemsOf({ deviations: [{ ...DEVIATION, until: '2026-01-01' }] }), /unknown keys: until/);
    assert.match(problemsOf({ deviations: [{ ...DEVIATION, expires: 'soon' }] }), /deviations\.0\.expires/);
    assert.match(problemsOf({ deviations: [{ ...DEVIATION, expires: '2027-06-30' }] }), /more than a year/);
    for (const seconds of [0, 61]) assert.match(problemsOf({ budget: { seconds } }), /budget\.seconds/);
  });
});

describe('the encoding and the origins of a config file', () => {
  test('may be UTF-16 and may have a byte order mark', () => {
    const text = `\uFEFF${JSON.stringify({ budget: { seconds: 30 } })}`;
    for (const encoding of ['utf8', 'utf16le'] as const) {
      const file = path.join(folder, `${encoding}.json`);
      writeFileSync(file, text, encoding);
      assert.equal(readConfig({ AUDIT_CONFIG: file }, NOW, CHECKS).budget.seconds, 30);
    }
  });

  test('are normalized as in browsers', () => {
    assert.deepEqual(read({ origins: ['https://A.example:443/', 'https://b\u00fccher.example'] }).origins, [
      'https://a.example',
      'https://xn--bcher-kva.example',
    ]);
  });
});

describe('a deviation', () => {
  test('covers its check to the end of its last day, and nothing else', () => {
    const config = read({ deviations: [DEVIATION] });
    assert.equal(deviationOf(config, 'tls-ciphers', NOW)?.owner, 'ops');
    assert.equal(deviationOf(config, 'tls-ciphers', Date.parse('2026-06-15T23:59:59Z'))?.owner, 'ops');
    assert.equal(deviationOf(config, 'tls-ciphers', Date.parse('2026-06-16T00:00:00Z')), undefined);
    assert.equal(deviationOf(config, 'hsts', NOW), undefined);
  });
});

describe('a settled secret', () => {
  const SETTLED = { fingerprint: '0123456789abcdef', reason: 'an example of the documentation', owner: 'ops', date: '2026-06-15' };

  test('has a fingerprint, a reason, an owner and a date', () => {
    assert.deepEqual(read({ settledSecrets: [SETTLED] }).settledSecrets, [SETTLED]);
    for (const [name, value] of [
      ['fingerprint', '0123456789ABCDEF'],
      ['fingerprint', '0123'],
      ['reason', 'an example'.slice(1)],
      ['owner', ''],
      ['date', 'today'],
    ] as const)
      assert.match(problemsOf({ settledSecrets: [{ ...SETTLED, [name]: value }] }), new RegExp(`settledSecrets\\.0\\.${name}`));
  });

  test('cannot have a date in the future', () => {
    assert.match(problemsOf({ settledSecrets: [{ ...SETTLED, date: '2026-06-17' }] }), /settled secret 0123456789abcdef is in the future/);
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { auditEnvironment, emptyInEnvironment, journalFolder, readTarget, SettingsError } from './target.ts';

const KEY = 'test-key-'.repeat(4);
const GOOD = { AUDIT_API_URL: 'https://api.example.com', AUDIT_APP_ORIGIN: 'https://tasks-app.vercel.app', AUDIT_JWT_SECRET: KEY } as const;

let folder: string;
before(() => void (folder = mkdtempSync(path.join(tmpdir(), 'target-'))));
after(() => rmSync(folder, { recursive: true }));

function problemsOf(env: Readonly<Record<string, string | undefined>>): string {
  try {
    readTarget(env, []);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.message;
  }
  return '';
}

describe('settings', () => {
  test('three are enough', () => {
    const target = readTarget(GOOD, []);
    assert.deepEqual([target.apiUrl, target.appOrigin, target.tenants], [GOOD.AUDIT_API_URL, GOOD.AUDIT_APP_ORIGIN, { jwtSecret: KEY }]);
    assert.deepEqual(
      [target.contractFile, target.reportFile, target.runFile, target.ca, target.outageControl],
      ['contract/openapi.json', 'AUDIT_REPORT.md', '.audit/run.json', undefined, undefined],
    );
    assert.equal(journalFolder(target), path.join('.audit', 'journal'));
  });

  test('without any, one message names all of them and states that nothing was sent', () => {
    const message = problemsOf({});
    for (const name of ['AUDIT_API_URL', 'AUDIT_APP_ORIGIN', 'AUDIT_JWT_SECRET', 'AUDIT_TOKEN_A', 'AUDIT_TOKEN_B'])
      assert.match(message, new RegExp(name));
    assert.match(message, /sent nothing/);
  });

  test('an empty or blank value counts as missing', () => {
    for (const value of ['', '  ', '\n']) {
      const message = problemsOf({ AUDIT_API_URL: value, AUDIT_APP_ORIGIN: value, AUDIT_JWT_SECRET: value });
      for (const name of Object.keys(GOOD)) assert.match(message, new RegExp(`${name} is missing`));
    }
  });

  test('blanks around a value and a trailing slash are ignored', () => {
    const target = readTarget({ ...GOOD, AUDIT_API_URL: ' https://api.example.com/ ', AUDIT_JWT_SECRET: `${KEY}\n` }, []);
    assert.deepEqual([target.apiUrl, target.tenants], ['https://api.example.com', { jwtSecret: KEY }]);
  });

  test('URLs that are invalid or more than an origin are reported with the reason, all problems together', () => {
    const message = problemsOf({
      AUDIT_API_URL: 'http://api.example.com',
      AUDIT_APP_ORIGIN: 'https://tasks-app.vercel.app/path',
      AUDIT_JWT_SECRET: '',
    });
    for (const part of [/AUDIT_API_URL is not an https URL/, /AUDIT_APP_ORIGIN has a path: give the origin/, /AUDIT_JWT_SECRET is missing/])
      assert.match(message, part);
    for (const [url, problem] of [
      ['api.example.com', 'does not begin with https://'],
      ['localhost:3000', 'does not begin with https://'],
      ['*', 'does not begin with https://'],
      ['https://', 'is not an https URL'],
      ['https://a b.example', 'is not an https URL'],
      ['"https://api.example.com"', 'is in quotation marks'],
      ['https://a.example/api', 'has a path'],
      ['https://a.example?x', 'has a query or fragment'],
      ['https://a.example/#', 'has a query or fragment'],
      ['https://user@a.example', 'has a user name or password'],
    ] as const)
      assert.ok(problemsOf({ ...GOOD, AUDIT_API_URL: url }).includes(`AUDIT_API_URL ${problem}: give the API to audit`), url);
  });

  test('URLs are normalized as in browsers: port 443, upper case and internationalized names', () => {
    for (const [url, origin] of [
      ['https://api.example.com:443', 'https://api.example.com'],
      ['https://api.example.com:443/', 'https://api.example.com'],
      ['HTTPS://API.Example.COM', 'https://api.example.com'],
      ['https://b\u00fccher.example', 'https://xn--bcher-kva.example'],
      ['https://[::1]:8443/', 'https://[::1]:8443'],
    ] as const) {
      const { apiUrl, appOrigin } = readTarget({ ...GOOD, AUDIT_API_URL: url, AUDIT_APP_ORIGIN: url }, []);
      assert.deepEqual([apiUrl, appOrigin], [origin, origin]);
    }
  });

  test('no message contains a value', () => {
    const secret = 'never-to-be-printed';
    const message = problemsOf({
      AUDIT_API_URL: `http://${secret}.example`,
      AUDIT_APP_ORIGIN: `https://${secret}.example/${secret}`,
      AUDIT_TOKEN_A: secret,
      AUDIT_TOKEN_B: secret,
      AUDIT_CA_FILE: `/${secret}`,
      AUDIT_OUTAGE_CONTROL: secret,
    });
    for (const name of ['AUDIT_API_URL', 'AUDIT_APP_ORIGIN', 'AUDIT_TOKEN_B', 'AUDIT_CA_FILE', 'AUDIT_OUTAGE_CONTROL'])
      assert.match(message, new RegExp(name));
    assert.doesNotMatch(message, new RegExp(secret));
  });

  test('two different tokens are accepted instead of a key', () => {
    const { AUDIT_JWT_SECRET: _, ...rest } = GOOD;
    assert.deepEqual(readTarget({ ...rest, AUDIT_TOKEN_A: 'one', AUDIT_TOKEN_B: 'two' }, []).tenants, { tokenA: 'one', tokenB: 'two' });
    assert.match(problemsOf({ ...rest, AUDIT_TOKEN_A: 'one', AUDIT_TOKEN_B: 'one' }), /AUDIT_TOKEN_B belongs to the same user as AUDIT_TOKEN_A/);
    for (const half of ['AUDIT_TOKEN_A', 'AUDIT_TOKEN_B']) assert.match(problemsOf({ ...rest, [half]: 'one' }), /AUDIT_JWT_SECRET is missing/);
  });

  test('two tokens of one user, or expired tokens, are reported without their values', () => {
    const { AUDIT_JWT_SECRET: _, ...rest } = GOOD;
    const token = (sub: string, exp: number, jti: number): string => `x.${Buffer.from(JSON.stringify({ sub, exp, jti })).toString('base64url')}.y`;
    const later = Math.floor(Date.now() / 1_000) + 60;
    const problems = (tokenA: string, tokenB: string): string => problemsOf({ ...rest, AUDIT_TOKEN_A: tokenA, AUDIT_TOKEN_B: tokenB });
    assert.equal(problems(token('ada', later, 1), token('bob', later, 2)), '');
    assert.match(problems(token('ada', later, 1), token('ada', later, 2)), /AUDIT_TOKEN_B belongs to the same user/);
    assert.match(problems(token('ada', 1, 1), token('bob', later, 2)), /AUDIT_TOKEN_A has expired/);
    assert.match(problems(token('ada', later, 1), token('bob', 1, 2)), /AUDIT_TOKEN_B has expired/);
    assert.doesNotMatch(problems(token('ada', 1, 1), token('ada', 1, 2)), /x\./);
  });

  test('files that do not exist are reported', () => {
    assert.match(problemsOf({ ...GOOD, AUDIT_CA_FILE: path.join(folder, 'none.pem') }), /AUDIT_CA_FILE/);
    assert.match(problemsOf({ ...GOOD, AUDIT_CONTRACT: path.join(folder, 'none.json') }), /AUDIT_CONTRACT/);
  });

  test('a folder instead of a file is reported', () => {
    assert.match(problemsOf({ ...GOOD, AUDIT_CA_FILE: folder }), /AUDIT_CA_FILE/);
  });

  test('the certificate authority is read from its file', () => {
    const file = path.join(folder, 'ca.pem');
    writeFileSync(file, 'an authority');
    assert.equal(readTarget({ ...GOOD, AUDIT_CA_FILE: file }, []).ca, 'an authority');
  });

  test('secrets are those of the contract and of the audit, if they are set', () => {
    const target = readTarget({ ...GOOD, JWT_SECRET: KEY, EMPTY: '', LOG_LEVEL: 'info' }, ['JWT_SECRET', 'EMPTY', 'ABSENT']);
    assert.deepEqual(target.secrets, { JWT_SECRET: KEY, AUDIT_JWT_SECRET: KEY });
  });
});

describe('.env.audit', () => {
  test('is read, but the environment takes precedence', () => {
    const file = path.join(folder, '.env.audit');
    writeFileSync(file, 'AUDIT_API_URL=https://file.example\nAUDIT_APP_ORIGIN="https://app.example"\n# a comment\n');
    const env = auditEnvironment({ AUDIT_API_URL: 'https://environment.example' }, file);
    assert.deepEqual([env['AUDIT_API_URL'], env['AUDIT_APP_ORIGIN']], ['https://environment.example', 'https://app.example']);
  });

  test('provides the value of a variable that is empty in the environment', () => {
    const file = path.join(folder, '.env.filled');
    writeFileSync(file, 'AUDIT_API_URL=https://file.example\nAUDIT_APP_ORIGIN=https://app.example\nAUDIT_REPORT=\n');
    for (const empty of ['', '  ']) {
      const env = { AUDIT_API_URL: empty, AUDIT_APP_ORIGIN: 'https://environment.example', AUDIT_REPORT: empty };
      const read = auditEnvironment(env, file);
      assert.deepEqual([read['AUDIT_API_URL'], read['AUDIT_APP_ORIGIN']], ['https://file.example', 'https://environment.example']);
      assert.deepEqual(emptyInEnvironment(env, file), ['AUDIT_API_URL']);
    }
  });

  test('is read in UTF-8 and UTF-16, with and without a byte order mark', () => {
    const text = '\uFEFFAUDIT_API_URL=https://file.example\r\nAUDIT_APP_ORIGIN=https://app.example\r\n';
    const little = Buffer.from(text, 'utf16le');
    const encoded = { utf8: Buffer.from(text), 'utf-16le': little, 'utf-16be': Buffer.from(little).swap16() };
    for (const [encoding, bytes] of Object.entries(encoded)) {
      for (const from of [0, encoding === 'utf8' ? 3 : 2]) {
        const file = path.join(folder, `.env.${encoding}.${from}`);
        writeFileSync(file, bytes.subarray(from));
        const env = auditEnvironment({}, file);
        assert.deepEqual([env['AUDIT_API_URL'], env['AUDIT_APP_ORIGIN']], ['https://file.example', 'https://app.example'], file);
      }
    }
  });

  test('is reported if it cannot be read', () => {
    const file = path.join(folder, '.env.latin1');
    writeFileSync(file, Buffer.from('AUDIT_REPORT=B\u00fcro.md', 'latin1'));
    assert.throws(() => auditEnvironment({}, file), /\.env\.latin1 cannot be read: it is neither UTF-8 nor UTF-16 text, so save it as UTF-8\./);
    assert.throws(() => auditEnvironment({}, folder), /cannot be read: EISDIR/);
  });

  test('may be absent', () => {
    assert.deepEqual(auditEnvironment({ AUDIT_API_URL: 'x' }, path.join(folder, 'none')), { AUDIT_API_URL: 'x' });
  });
});

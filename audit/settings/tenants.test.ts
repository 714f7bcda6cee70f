import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { readIssuer, readTenants, type TenantSettings } from './tenants.ts';

type Settings = Readonly<Record<string, string>>;

function tenantsOf(settings: Settings, hasIssuer = false): { tenants: TenantSettings; problems: string } {
  const problems: string[] = [];
  const tenants = readTenants((name) => settings[name], problems, hasIssuer);
  return { tenants, problems: problems.join('\n') };
}

describe('AUDIT_TOKEN_COMMAND', () => {
  const commandOf = (text: string): unknown => {
    const { tenants, problems } = tenantsOf({ AUDIT_TOKEN_COMMAND: text });
    return problems === '' && 'command' in tenants ? tenants.command : problems;
  };

  test('is a JSON array, or words', () => {
    assert.deepEqual(commandOf('["node", "print token.ts", "--user=$1"]'), ['node', 'print token.ts', '--user=$1']);
    assert.deepEqual(commandOf('node print-token.ts  --verbose'), ['node', 'print-token.ts', '--verbose']);
  });

  test('is rejected, without its value, where it needs a shell or is not a list of texts', () => {
    for (const text of ['node token.ts | tail -1', 'TOKEN="x y" node token.ts', 'node $HOME/token.ts', '[]', '["node", 1]', '["node"', '[""]'])
      assert.match(String(commandOf(text)), /^AUDIT_TOKEN_COMMAND is invalid: give a JSON array such as \["node", "print-token.ts"\]/, text);
  });

  test('serves an even number of users', () => {
    const usersOf = (text: string): unknown => {
      const { tenants, problems } = tenantsOf({ AUDIT_TOKEN_COMMAND: 'node token.ts', AUDIT_TOKEN_USERS: text });
      return problems === '' && 'users' in tenants ? tenants.users : problems;
    };
    assert.deepEqual(['2', '10', '26'].map(usersOf), [2, 10, 26]);
    for (const text of ['0', '3', '28', '1e1000', 'ten', '-2']) assert.match(String(usersOf(text)), /^AUDIT_TOKEN_USERS is not an even number/, text);
  });

  test('excludes tokens', () => {
    assert.equal(
      tenantsOf({ AUDIT_TOKEN_COMMAND: 'node token.ts', AUDIT_TOKEN_A: 'a.b.c' }).problems,
      'AUDIT_TOKEN_COMMAND and AUDIT_TOKEN_A or AUDIT_TOKEN_B are set: keep one of these ways to name the test users, and unset the others.',
    );
  });

  test('is used also where the shared secret is given, which then signs attacks', () => {
    const settings = { AUDIT_TOKEN_COMMAND: 'node token.ts', AUDIT_JWT_SECRET: 'k'.repeat(32) };
    for (const hasIssuer of [true, false]) assert.deepEqual(tenantsOf(settings, hasIssuer).tenants, { command: ['node', 'token.ts'], users: 2 });
  });

  test('or two tokens are required with an issuer', () => {
    assert.match(tenantsOf({ AUDIT_JWT_SECRET: 'k'.repeat(32) }, true).problems, /^AUDIT_TOKEN_COMMAND is missing/);
  });
});

describe('AUDIT_USERS', () => {
  test('is none where the audit acts as no user', () => {
    assert.deepEqual(tenantsOf({ AUDIT_USERS: 'none' }), { tenants: { none: true }, problems: '' });
    assert.match(tenantsOf({}).problems, / AUDIT_USERS=none runs the checks that need no user\.$/);
  });

  test('is rejected with another value, or with users', () => {
    assert.match(tenantsOf({ AUDIT_USERS: '2' }).problems, /^AUDIT_USERS is not "none"/);
    assert.match(tenantsOf({ AUDIT_USERS: 'none', AUDIT_TOKEN_A: 'a.b.c' }).problems, /^AUDIT_USERS is none, and AUDIT_TOKEN_A or AUDIT_TOKEN_B set/);
  });
});

describe('AUDIT_USER_A and AUDIT_USER_B', () => {
  const AUDIT_JWT_SECRET = 'k'.repeat(32);

  test('are used in place of minted tenants', () => {
    assert.deepEqual(tenantsOf({ AUDIT_JWT_SECRET, AUDIT_USER_A: 'ada', AUDIT_USER_B: 'bob' }).tenants, { userIds: ['ada', 'bob'] });
    assert.deepEqual(tenantsOf({ AUDIT_JWT_SECRET }).tenants, { jwtSecret: AUDIT_JWT_SECRET });
  });

  test('are two users, with the key that signs their tokens', () => {
    for (const [settings, problem] of [
      [{ AUDIT_JWT_SECRET, AUDIT_USER_A: 'ada' }, /^AUDIT_USER_B is missing: the id of the other test user\.$/],
      [{ AUDIT_JWT_SECRET, AUDIT_USER_A: 'ada', AUDIT_USER_B: 'ada' }, /^AUDIT_USER_A and AUDIT_USER_B are the same user/],
      [{ AUDIT_USER_A: 'ada', AUDIT_USER_B: 'bob' }, /^AUDIT_USER_A and AUDIT_USER_B need AUDIT_JWT_SECRET/],
      [
        { AUDIT_JWT_SECRET, AUDIT_USER_A: 'ada', AUDIT_USER_B: 'bob', AUDIT_TOKEN_A: 'a.b.c', AUDIT_TOKEN_B: 'd.e.f' },
        /are set: keep one of these ways/,
      ],
    ] as const)
      assert.match(tenantsOf(settings).problems, problem);
    assert.match(tenantsOf({ AUDIT_JWT_SECRET, AUDIT_USER_A: 'ada', AUDIT_USER_B: 'bob' }, true).problems, /and no AUDIT_JWKS_URL\.$/);
  });
});

describe('the issuer', () => {
  const key = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: 'one', alg: 'EdDSA' };
  const issuerOf = (settings: Settings, file?: string): { issuer: ReturnType<typeof readIssuer>; problems: string } => {
    const problems: string[] = [];
    const issuer = readIssuer(
      (name) => settings[name],
      () => file,
      problems,
    );
    return { issuer, problems: problems.join('\n') };
  };
  const URL = { AUDIT_JWKS_URL: 'https://app.example/api/auth/jwks' };

  test('has a URL, and the private keys of a stage', () => {
    assert.deepEqual(issuerOf({}), { issuer: undefined, problems: '' });
    assert.deepEqual(issuerOf(URL).issuer, { jwksUrl: URL.AUDIT_JWKS_URL, privateKeys: [], expiredToken: undefined });
    assert.deepEqual(issuerOf(URL, JSON.stringify(key)).issuer?.privateKeys, [key]);
    assert.deepEqual(issuerOf(URL, JSON.stringify({ keys: [key, { ...key, kid: 'two' }] })).issuer?.privateKeys.length, 2);
  });

  test('needs an https URL', () => {
    for (const url of ['http://app.example/jwks', 'app.example', '/jwks'])
      assert.match(issuerOf({ AUDIT_JWKS_URL: url }).problems, /^AUDIT_JWKS_URL is not an https URL/, url);
    assert.match(issuerOf({ AUDIT_ISSUER_KEY: 'key.json' }).problems, /^AUDIT_JWKS_URL is missing/);
  });

  test('has an expired token only where it expired so long ago that no tolerance of clocks admits it', () => {
    const tokenOf = (exp: number | undefined): string => `e30.${Buffer.from(JSON.stringify({ sub: 'ada', exp })).toString('base64url')}.signature`;
    const now = Math.floor(Date.now() / 1_000);
    const expired = tokenOf(now - 600);
    assert.equal(issuerOf({ ...URL, AUDIT_EXPIRED_TOKEN: expired }).issuer?.expiredToken, expired);
    for (const token of [tokenOf(now + 60), tokenOf(now - 60), tokenOf(undefined), 'text'])
      assert.match(issuerOf({ ...URL, AUDIT_EXPIRED_TOKEN: token }).problems, /^AUDIT_EXPIRED_TOKEN did not expire five minutes ago or earlier/);
    assert.match(issuerOf({ AUDIT_EXPIRED_TOKEN: expired }).problems, /^AUDIT_JWKS_URL is missing: .*AUDIT_EXPIRED_TOKEN needs/);
  });

  test('does not accept a public key, a secret or another text as its private key, and does not print it', () => {
    const { d, ...publicKey } = key;
    for (const content of [JSON.stringify(publicKey), JSON.stringify({ kty: 'oct', k: d }), '{"keys":[]}', '-----BEGIN', '']) {
      const { problems } = issuerOf(URL, content);
      assert.match(problems, /^AUDIT_ISSUER_KEY: the file has no private key as a JWK/, content);
      assert.ok(!problems.includes(String(d)));
    }
  });
});

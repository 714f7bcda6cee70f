import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { GENERATED_KEYS, isClean, ruleNames, scan, scannerWorks } from './scanner.ts';
import { isTriggered, triggers, TRIGGERS_FOR } from './triggers.ts';

const letters = (length: number): string => 'aB3dE5gH7jK9mN1pQ2rS'.repeat(60).slice(0, length);
const hex = (length: number): string => createHash('sha512').update('x').digest('hex').repeat(3).slice(0, length);
/** Joined at run time, so that this file does not contain what the rules report. */
const join = (...parts: readonly string[]): string => parts.join('');
const pem = GENERATED_KEYS[0]?.text ?? '';
const url = (scheme: string, host = 'db.prod.internal'): string => join(scheme, '://', 'app', ':', 'Zk3x9w', '@', host);
const serviceAccount = (name: string): string => `{"${name}": "1", "private_key": ${JSON.stringify(pem)}}`;
const onePassword = Buffer.from(JSON.stringify({ email: letters(90), key: 'A' })).toString('base64');

/** Texts that each rule reports, at least one for each of its forms, with the name of the file where it matters. */
const SAMPLES: Readonly<Record<string, readonly (readonly [text: string, file?: string])[]>> = {
  aws: ['SECRET_ACCESS_KEY', 'aws_secret_access_key', 'secretAccessKey', 'SecretAccessKey'].map((name) => [join(name, ' = "', letters(40), '" ')]),
  gcp: [
    [serviceAccount('private_key_id'), 'key.json'],
    [serviceAccount(String.raw`private\u005fkey_id`), 'key.json'],
  ],
  privatekey: ['RSA ', 'DSA ', 'EC ', 'OPENSSH ', 'PGP ', 'ENCRYPTED ', ''].map((kind) => [pem.replaceAll('RSA ', kind)]),
  npm: [
    [join('npm', '_', letters(36))],
    [join('//registry.npmjs.org/:_auth', 'Token=', letters(36)), '.npmrc'],
    [join('https://', letters(20), '.', letters(20), ':x-oauth', '-basic@github.com/a/b'), 'package.json'],
  ],
  basicauth: ['http', 'https', 'ftp', 'ftps'].map((scheme) => [`${url(scheme, 'example.org')}/`]),
  slack: [
    ...['xoxb', 'xoxp', 'xapp', 'xoxa', 'xoxo', 'xoxr'].map((prefix) => [join(prefix, '-', letters(10), '-', letters(10))] as const),
    ...['https://hooks.slack', 'HTTPS://HOOKS.Slack'].map(
      (host) => [join(host, '.com/services/', 'T', letters(8), '/B', letters(8), '/', letters(8))] as const,
    ),
  ],
  sendgrid: [[join('SG', '.', letters(22), '.', letters(43))]],
  shopify: ['shppa', 'shpca', 'shpat', 'shpss'].map((prefix) => [join(prefix, '_', letters(32))]),
  stripe: ['sk_live', 'sk_test', 'rk_live', 'rk_test'].map((prefix) => [join(prefix, '_', letters(24))]),
  github: [
    ...['ghp', 'gho', 'ghu', 'ghs', 'ghr'].map((prefix) => [join(prefix, '_', letters(36))] as const),
    [join('github', '_pat_', letters(82))],
    [join('ghs', '_12_', 'a.b.c')],
  ],
  gitlab: [[join('glpat', '-', letters(20))]],
  grafana: [[join('glc', '_', letters(40))], [join('glsa', '_', letters(32), '_', hex(8))]],
  openai: [[join('sk-', letters(20), 'T3Blbk', 'FJ', letters(20))], [join('sk-proj-', letters(74), 'T3Blbk', 'FJ', letters(74))]],
  anthropic: [[join('sk-ant', '-api03-', letters(93), 'AA')]],
  groq: [[join('gsk', '_', letters(52))]],
  huggingface: [[join('hf', '_', 'abcdefghij'.repeat(4).slice(0, 34))]],
  linear: [[join('lin', '_api_', letters(40))]],
  notion: [[join('ntn', '_', '12345678901', letters(35))]],
  '1password': [[join('ops', '_', onePassword)]],
  'database-connection-string': [
    ...['mongodb', 'mongodb+srv', 'MongoDB', 'mysql', 'mysqlx', 'jdbc:mysql', 'MySQL', 'postgres', 'postgresql', 'PostgreSQL'].map(
      (scheme) => [`${url(scheme)}/tasks`] as const,
    ),
    [join('postgres://', 'größe'.repeat(20), ':', 'ü€'.repeat(100), '@db.prod.internal/tasks')],
  ],
  'hashicorp-vault': [[join('hvs', '.', letters(90))], [join('hvb', '.', letters(138))], [join('hvr', '.', letters(90))]],
  vercel: ['vcp', 'vci', 'vca', 'vcr', 'vck'].map((prefix) => [join(prefix, '_', letters(24))]),
  databricks: [[join('dapi', hex(32))]],
  docker: [[join('dckr', '_pat_', letters(27))]],
  figma: [[join('figd', '_', letters(40))]],
  cloudflare: ['cfk', 'cfut', 'cfat'].map((prefix) => [join(prefix, '_', letters(40), hex(8))]),
  tailscale: ['api', 'auth', 'client', 'scim', 'webhook', 'other'].map((kind) => [join('tskey', '-', kind, '-', letters(12), '-', letters(32))]),
};

const asLatin1 = (text: string): string => Buffer.from(text).toString('latin1');

describe('the triggers', () => {
  test('were written for the installed version of the rules', () => {
    const { version } = createRequire(import.meta.url)('@secretlint/secretlint-rule-preset-recommend/package.json') as { version: string };
    assert.equal(version, TRIGGERS_FOR, 'compare the patterns of the new version with the triggers, and complete the samples below');
  });

  test('have samples for every rule of the scanner', () => {
    assert.deepEqual(Object.keys(SAMPLES).toSorted(), ruleNames.toSorted());
  });

  for (const [rule, samples] of Object.entries(SAMPLES)) {
    test(`let everything pass that the rule ${rule} reports`, async () => {
      for (const [sample, file = 'notes.txt'] of samples)
        for (const text of [sample, `größe "${sample}" ü`, `\u20ac\n${sample}\n`].slice(0, rule === 'gcp' ? 1 : 3)) {
          const found = await scan(text, file);
          assert.ok(
            found.some((match) => match.rule === rule),
            `the rule does not report: ${text.slice(0, 60)}`,
          );
          for (const view of [text, asLatin1(text)]) {
            assert.ok(triggers(rule, view), text.slice(0, 60));
            assert.ok(isTriggered(view) && !isClean(view, file), text.slice(0, 60));
          }
        }
    });
  }

  test('let every text pass to a rule that they do not know', () => {
    assert.equal(triggers('a new rule', 'text'), true);
  });

  test('stop usual text', () => {
    for (const text of [
      '# Title\n\nSee https://example.com:8080/a@b.',
      'const secretKey = read("ACCESS_KEY");',
      'sk-learn and SG.',
      '{"private_key": 1}',
    ])
      assert.equal(isClean(text, 'README.md'), true, text);
  });
});

describe('the scanner', () => {
  test('finds generated keys', async () => assert.equal(await scannerWorks(), true));

  test('is not silenced by a comment in the file', async () => {
    const comment = join('secretlint', '-disable');
    const token = join('ghp', '_', letters(36));
    assert.equal((await scan(`# ${comment}\n${token} # ${comment}-line\n`, 'a.txt')).length, 1);
  });

  test('identifies the same secret in files of different forms', async () => {
    const texts = [pem, pem.replaceAll('\n', '\r\n'), JSON.stringify({ key: pem })];
    const values = await Promise.all(texts.map(async (text) => (await scan(text, 'a.txt')).map(({ value }) => value)));
    assert.equal(new Set(values.flat()).size, 1, String(values.map(({ length }) => length)));
    const [plain, quoted] = await Promise.all([`${url('postgres')}/tasks`, `'${url('postgresql')}/other?a=b';`].map((text) => scan(text, 'a.txt')));
    assert.equal(plain?.[0]?.value, quoted?.[0]?.value);
  });

  test('distinguishes secrets behind the same name', async () => {
    const text = (secret: string): string => join('aws_secret_access_key', ' '.repeat(30), '= ', secret, '\n');
    const [one, other] = await Promise.all([text(letters(40)), text(letters(41).slice(1))].map((each) => scan(each, 'a.txt')));
    assert.deepEqual([one?.length, other?.length], [1, 1]);
    assert.notEqual(one?.[0]?.value, other?.[0]?.value);
  });

  test('reports a key in a JSON file of Google Cloud once', async () => {
    assert.deepEqual(
      (await scan(serviceAccount('private_key_id'), 'key.json')).map(({ rule }) => rule),
      ['gcp'],
    );
  });
});

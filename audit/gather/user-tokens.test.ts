import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { signToken } from '../../rehearsal/process/credentials.ts';
import { subjectOf } from '../model/token.ts';
import { createRedactor } from './redactor.ts';
import { startUserTokens } from './user-tokens.ts';

const SECRET = 's'.repeat(40);
let folder: string;

before(() => void (folder = mkdtempSync(path.join(tmpdir(), 'user-tokens-'))));
after(() => rmSync(folder, { recursive: true }));

/** The problems are those of renewals. */
async function tokensOf(script: string): Promise<{ tokens: Awaited<ReturnType<typeof startUserTokens>>; problems: string[] }> {
  const file = path.join(folder, 'print-token.mjs');
  writeFileSync(file, script);
  const problems: string[] = [];
  const env = { PATH: process.env['PATH'], TEST_SECRET: SECRET };
  const options = { env, redactor: createRedactor({ TEST_SECRET: SECRET }), onProblem: (problem: string): void => void problems.push(problem) };
  return { tokens: await startUserTokens({ command: [process.execPath, file], users: 2 }, options), problems };
}

const printing = (token: string): string => `console.log(${token})`;

describe('the command that prints tokens', () => {
  test('receives A or B, and the given environment', async () => {
    const { tokens } = await tokensOf(printing("'user-' + process.argv[2] + '-' + process.env.TEST_SECRET.length"));
    assert.deepEqual([tokens.of('A'), tokens.of('B')], ['user-A-40', 'user-B-40']);
  });

  test('prints a token for each user', async () => {
    const options = { env: { PATH: process.env['PATH'] }, redactor: createRedactor({}), onProblem: (): void => {} };
    const tokens = await startUserTokens({ command: [process.execPath, '-p', 'process.argv[1]'], users: 4 }, options);
    assert.deepEqual(
      tokens.users.map((user) => tokens.of(user)),
      ['A', 'B', 'C', 'D'],
    );
  });

  test('is not run by a shell', async () => {
    const options = { env: { PATH: process.env['PATH'] }, redactor: createRedactor({}), onProblem: (): void => {} };
    const tokens = await startUserTokens({ command: [process.execPath, '-p', 'process.argv[1].length', '$HOME;exit'], users: 2 }, options);
    assert.equal(tokens.of('A'), '10');
  });

  test('is reported with its redacted stderr where it fails', async () => {
    await assert.rejects(tokensOf('console.error("no user for " + process.env.TEST_SECRET); process.exit(3)'), {
      message: /^AUDIT_TOKEN_COMMAND exited with 3 for user [AB]: no user for <TEST_SECRET>$/,
    });
    await assert.rejects(
      startUserTokens({ command: [path.join(folder, 'none')], users: 2 }, { env: {}, redactor: createRedactor({}), onProblem: () => {} }),
      {
        message: /^AUDIT_TOKEN_COMMAND did not run for user [AB]: /,
      },
    );
  });

  test('is reported where it prints nothing, or more than a token', async () => {
    for (const script of ['', printing("'a token'"), printing("'one\\ntwo'")])
      await assert.rejects(tokensOf(script), { message: /^AUDIT_TOKEN_COMMAND must print one token on stdout and nothing else, for user [AB]$/ });
  });

  test('is called again before a token expires, and must print a token of the same user', async () => {
    const file = path.join(folder, 'tokens.json');
    const write = (a: string, b: string, lifetime: '3s' | '1h'): void =>
      writeFileSync(file, JSON.stringify({ A: signToken(a, SECRET, lifetime), B: signToken(b, SECRET, lifetime) }));
    write('ada', 'bob', '3s');
    const { tokens, problems } = await tokensOf(
      `import { readFileSync } from 'node:fs';\nconsole.log(JSON.parse(readFileSync(${JSON.stringify(file)}, 'utf8'))[process.argv[2]])`,
    );
    const first = tokens.of('A');
    write('ada', 'eve', '1h');
    await pWaitFor(() => tokens.of('A') !== first && problems.length > 0, { interval: 50, timeout: 20_000 });
    assert.equal(tokens.of('A'), JSON.parse(readFileSync(file, 'utf8')).A);
    assert.equal(problems[0], 'AUDIT_TOKEN_COMMAND printed a token of another user for B');
    assert.equal(subjectOf(tokens.of('B')), 'bob');
  });
});

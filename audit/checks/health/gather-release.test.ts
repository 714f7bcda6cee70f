import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { generate } from 'selfsigned';
import { readContract } from '../../contract/contract.ts';
import { judgeRelease } from './judge-release.ts';
import type { Release } from '../../settings/release.ts';
import { createLoad } from '../../gather/load.ts';
import { createLedger } from '../../gather/ledger.ts';
import { createRedactor } from '../../gather/redactor.ts';
import { pollUntilLive, type ReleaseEvidence } from './gather-release.ts';
import { createRunRecord } from '../../gather/run-record.ts';
import { createHttpClient } from '../../gather/http-client.ts';
import { createWriteRule } from '../../gather/write-rule.ts';

const writes = createWriteRule(readContract('contract/openapi.json'), [], { beforeCreation: () => {}, created: () => {} });

const [EXPECTED, PREVIOUS] = ['a'.repeat(40), 'b'.repeat(40)];
type Health = { status: number; commit: string | null } | 'silent';

let folder: string;
let server: https.Server;
let authority: string;
/** The health response to each request; the last one is repeated. */
let script: Health[];
let calls: number;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'release-'));
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  authority = cert;
  server = https.createServer({ key, cert }, (request, response) => {
    calls += 1;
    const health = script.length > 1 ? script.shift() : script[0];
    if (health === undefined || health === 'silent') request.socket.destroy();
    else response.writeHead(health.status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ status: 'ok', commit: health.commit }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

async function gather(responses: Health[], expected: Partial<Release>): Promise<ReleaseEvidence> {
  [script, calls] = [responses, 0];
  const runRecord = createRunRecord('run');
  const ledger = createLedger(runRecord, createRedactor({}), '0-');
  const apiUrl = `https://localhost:${(server.address() as AddressInfo).port}`;
  const newHttpClient = (): ReturnType<typeof createHttpClient> =>
    createHttpClient(
      {
        apiUrl,
        ca: authority,
        ending: new AbortController().signal,
        scope: () => ({ evidence: 'release' }),
        tokenOf: () => undefined,
        writes,
        load: createLoad(),
      },
      ledger,
    );
  const contract = readContract(path.join(import.meta.dirname, '..', '..', '..', 'contract', 'openapi.json'));
  const release = { commit: EXPECTED, deployedAt: undefined, firstHealthy: undefined, ...expected };
  const evidence = await pollUntilLive({ contract, ending: new AbortController().signal, newHttpClient }, release, Date.now());
  assert.equal(runRecord.readLedger().length, calls, 'every poll is in the ledger');
  return evidence;
}

const secondsAgo = (seconds: number): number => Date.now() - seconds * 1_000;

describe('waiting for a release', { concurrency: false }, () => {
  test('ends with the first response when it is healthy and has the commit', async () => {
    const evidence = await gather([{ status: 200, commit: EXPECTED }], { deployedAt: secondsAgo(10) });
    assert.deepEqual([calls, evidence.waitedMs, evidence.polls.length], [1, 0, 1]);
    assert.equal(judgeRelease(evidence).outcome, 'pass');
  });

  test('continues after another commit, an unhealthy release and no response until the commit is healthy', async () => {
    const evidence = await gather(
      [
        { status: 200, commit: PREVIOUS },
        { status: 200, commit: PREVIOUS },
        'silent',
        { status: 503, commit: EXPECTED },
        { status: 200, commit: EXPECTED },
      ],
      { deployedAt: secondsAgo(20) },
    );
    assert.deepEqual([calls, evidence.polls.map(({ response }) => response?.status)], [5, [200, 200, undefined, 503, 200]]);
    assert.ok(evidence.waitedMs >= 7_500, `${evidence.waitedMs} ms`);
    assert.equal(judgeRelease(evidence).outcome, 'pass');
  });

  test('ends five minutes after the deployment was created, with a poll after that', async () => {
    const deployedAt = secondsAgo(297);
    const evidence = await gather([{ status: 200, commit: PREVIOUS }], { deployedAt });
    const last = evidence.polls.at(-1);
    assert.ok((last?.at ?? 0) >= deployedAt + 300_000 && Date.now() < deployedAt + 308_000);
    assert.equal(evidence.polls.length, 2, 'the first and the last poll');
    assert.equal(judgeRelease(evidence).outcome, 'fail');
  });

  test('takes ten seconds when the five minutes have passed', async () => {
    const started = Date.now();
    const evidence = await gather([{ status: 200, commit: PREVIOUS }], { deployedAt: secondsAgo(3_600) });
    const took = Date.now() - started;
    assert.ok(took >= 10_000 && took < 18_000, `${took} ms`);
    assert.equal(judgeRelease(evidence).outcome, 'fail');
  });

  test('reads from the history of the checkout whether a later or an earlier commit is live', async (context) => {
    const repository = mkdtempSync(path.join(folder, 'repository-'));
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    git('init');
    const commit = (): string => {
      git('-c', 'user.name=a', '-c', 'user.email=a@example.test', 'commit', '--allow-empty', '-m', 'a commit');
      return git('rev-parse', 'HEAD');
    };
    const [parent, head] = [commit(), commit()];
    const home = process.cwd();
    process.chdir(repository);
    context.after(() => process.chdir(home));
    const deployedAt = secondsAgo(299.5);
    const later = await gather([{ status: 200, commit: head }], { commit: parent, deployedAt });
    assert.equal(later.lineage, 'descendant');
    assert.match(judgeRelease(later).summary, new RegExp(`superseded by ${head}\\.$`));
    const earlier = await gather([{ status: 200, commit: parent }], { commit: head, deployedAt: secondsAgo(299.5) });
    assert.equal(earlier.lineage, 'ancestor');
    const never = '0'.repeat(40);
    assert.equal((await gather([{ status: 200, commit: head }], { commit: never, deployedAt: secondsAgo(299.5) })).lineage, 'expected unknown');
    assert.equal((await gather([{ status: 200, commit: never }], { commit: head, deployedAt: secondsAgo(299.5) })).lineage, 'live unknown');
  });
});

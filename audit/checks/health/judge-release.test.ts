import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Exchange } from '../../model/exchange.ts';
import type { ReleaseEvidence } from './gather-release.ts';
import { setResponse, examine, exchange, nth, NOW, problem, setHeader, removeResponse } from '../../test/exchanges.ts';
import { judgeRelease, liveCommit, timeToHealthy } from './judge-release.ts';

const [EXPECTED, OTHER, THIRD] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string];
const body = (commit: string | null, status = 'ok'): Record<string, unknown> => ({
  status,
  database: 'connected',
  environment: 'production',
  commit,
});
const poll = (commit: string | null, at: number): Exchange =>
  exchange({ path: '/health', actor: 'anonymous', purpose: 'find the live release', at, ms: 40 }, { body: body(commit) });

/** The last poll alone, with another commit. */
function only(found: { polls: Parameters<typeof setResponse>[0][] }, commit: string): void {
  found.polls.splice(0, 1);
  setResponse(nth(found.polls), { body: body(commit) });
}

/** Created at NOW; the previous release responded first, and the expected one 40 s later. */
function evidence(): ReleaseEvidence {
  return {
    expected: { commit: EXPECTED, deployedAt: NOW, firstHealthy: undefined },
    from: NOW,
    polls: [poll(OTHER, NOW + 10_000), poll(EXPECTED, NOW + 40_000)],
    waitedMs: 30_000,
    lineage: 'other',
  };
}

examine(
  'judgeRelease',
  judgeRelease,
  evidence,
  [
    ['the previous release is still live', ({ polls }) => setResponse(nth(polls, 1), { body: body(OTHER) }), 'fail', 'not-live'],
    [
      'an earlier commit is live',
      (found) => ((found.lineage = 'ancestor'), setResponse(nth(found.polls, 1), { body: body(THIRD) })),
      'fail',
      'not-live',
    ],
    ['a commit that the checkout does not have is live', (found) => ((found.lineage = 'live unknown'), only(found, THIRD)), 'fail', 'not-live'],
    [
      'the commit is live but not healthy',
      ({ polls }) => setResponse(nth(polls, 1), { status: 503, body: body(EXPECTED, 'unhealthy') }),
      'fail',
      'not-healthy',
    ],
    [
      'the edge does not reach the service',
      ({ polls }) => setResponse(nth(polls, 1), { status: 404, body: {}, headers: { 'x-railway-fallback': 'true' } }),
      'fail',
      'not-live',
    ],
    [
      'a gateway does not reach the service',
      ({ polls }) => setResponse(nth(polls, 1), { status: 502, body: '', headers: { 'content-type': 'text/html' } }),
      'fail',
      'not-live',
    ],
    ['the service fails', ({ polls }) => setResponse(nth(polls, 1), problem(500)), 'fail', 'not-live'],
    ['a descendant is live', (found) => ((found.lineage = 'descendant'), only(found, OTHER)), 'inconclusive', 'superseded'],
    ['another commit became live during the wait', ({ polls }) => setResponse(nth(polls, 1), { body: body(THIRD) }), 'inconclusive', 'superseded'],
    [
      'the commit was live before and another one replaced it',
      (found) => ((found.expected.firstHealthy = { commit: EXPECTED, at: NOW + 5_000, polls: 1, last_status: 200 }), only(found, THIRD)),
      'inconclusive',
      'superseded',
    ],
    [
      'another commit was healthy before and is still live',
      (found) => ((found.expected.firstHealthy = { commit: OTHER, at: NOW + 5_000, polls: 1, last_status: 200 }), only(found, OTHER)),
      'fail',
      'not-live',
    ],
    ['health reports no commit', ({ polls }) => setResponse(nth(polls, 1), { body: body(null) }), 'inconclusive', 'commit-unknown'],
    [
      'health reports a short commit',
      ({ polls }) => setResponse(nth(polls, 1), { body: body(EXPECTED.slice(0, 12)) }),
      'inconclusive',
      'commit-unknown',
    ],
    [
      'health is unhealthy and reports no commit',
      ({ polls }) => setResponse(nth(polls, 1), { status: 503, body: body(null, 'unhealthy') }),
      'inconclusive',
      'commit-unknown',
    ],
    ['there is no response', ({ polls }) => removeResponse(nth(polls, 1)), 'inconclusive', 'no-answer'],
    ['the request is rate limited', ({ polls }) => setResponse(nth(polls, 1), problem(429)), 'inconclusive', 'rate-limited'],
    ['an HTML page instead of the API', ({ polls }) => setHeader(nth(polls, 1), 'content-type', 'text/html'), 'inconclusive', 'not-the-api'],
    ['JSON of another service', ({ polls }) => setResponse(nth(polls, 1), { body: { hello: 'world' } }), 'inconclusive', 'not-the-api'],
    ['nothing was polled', (found) => (found.polls = []), 'inconclusive', 'nothing-observed'],
    ['a commit in upper case', ({ polls }) => setResponse(nth(polls, 1), { body: body(EXPECTED.toUpperCase()) }), 'pass'],
  ],
  { ignores: { 'polls[*]': 'only the last poll decides; the earlier ones show what was live before' } },
);

describe('the time to the first healthy response', () => {
  const measure = (change: (found: { -readonly [K in keyof ReleaseEvidence]: ReleaseEvidence[K] }) => void): ReturnType<typeof timeToHealthy> => {
    const found = evidence();
    change(found);
    return timeToHealthy(found);
  };
  const expected = (different: Partial<ReleaseEvidence['expected']>): ReleaseEvidence['expected'] => ({ ...evidence().expected, ...different });

  test('counts from the creation of the deployment', () => {
    assert.deepEqual(timeToHealthy(evidence()), { seconds: 40.04 });
    assert.equal(
      judgeRelease(evidence()).summary,
      `${EXPECTED} is live and healthy. Its first healthy response was seen 40.0 s after its deployment was created.`,
    );
  });

  test('uses an earlier observation of the same commit', () => {
    const firstHealthy = { commit: EXPECTED, at: NOW + 12_500, polls: 4, last_status: 200 };
    assert.deepEqual(
      measure((found) => (found.expected = expected({ firstHealthy }))),
      { seconds: 12.5 },
    );
    for (const other of [
      { ...firstHealthy, commit: OTHER },
      { ...firstHealthy, commit: null },
      { ...firstHealthy, at: null },
    ])
      assert.deepEqual(
        measure((found) => (found.expected = expected({ firstHealthy: other }))),
        { seconds: 40.04 },
      );
  });

  test('is not measured when the first healthy response came after five minutes', () => {
    const late = { ...evidence(), polls: [poll(EXPECTED, NOW + 407_000)] };
    assert.deepEqual(timeToHealthy(late), { notMeasured: 'not measured, first seen after 407 s' });
    assert.equal(judgeRelease(late).outcome, 'pass');
    assert.equal(judgeRelease(late).summary, `${EXPECTED} is live and healthy. SC-001 not measured, first seen after 407 s.`);
    assert.deepEqual(timeToHealthy({ ...evidence(), polls: [{ ...poll(EXPECTED, NOW + 299_000), ms: 1_000 }] }), { seconds: 300 });
  });

  test('is not measured without the time of the deployment or with contradicting clocks', () => {
    assert.deepEqual(
      measure((found) => (found.expected = expected({ deployedAt: undefined }))),
      { notMeasured: 'not measured: AUDIT_DEPLOYED_AT is not set' },
    );
    assert.match(JSON.stringify(measure((found) => (found.expected = expected({ deployedAt: NOW + 60_000 })))), /not measured: by these clocks/);
  });

  test('does not exist where the release is not live and healthy', () => {
    assert.equal(
      measure((found) => (found.polls = [poll(OTHER, NOW + 400_000)])),
      undefined,
    );
    assert.equal(
      measure((found) => (found.polls = [])),
      undefined,
    );
  });
});

describe('the summary of a failure', () => {
  const summary = (found: ReleaseEvidence): string => judgeRelease(found).summary;
  const stale = { ...evidence(), polls: [poll(OTHER, NOW + 300_000)] };

  test('names both commits and the seconds', () => {
    assert.equal(summary(stale), `${EXPECTED} was not live 300 s after its deployment was created: health reports ${OTHER}.`);
    assert.equal(
      summary({ ...stale, lineage: 'ancestor' }),
      `${EXPECTED} was not live 300 s after its deployment was created: health reports ${OTHER}, an earlier commit.`,
    );
  });

  test('counts from the start of the audit without the time of the deployment', () => {
    assert.match(summary({ ...stale, expected: { ...stale.expected, deployedAt: undefined } }), /was not live 300 s after the audit began/);
  });

  test('names the commit that superseded it', () => {
    assert.equal(summary({ ...stale, lineage: 'descendant' }), `It is unknown whether ${EXPECTED} is live: superseded by ${OTHER}.`);
  });
});

test('the live commit is null unless JSON contains a full commit', () => {
  assert.equal(liveCommit(poll(OTHER, NOW)), OTHER);
  for (const text of ['', '[]', 'null', '{"commit":null}', '{"commit":7}', `{"commit":"${OTHER}0"}`])
    assert.equal(liveCommit(exchange({}, { body: text })), null, text);
});

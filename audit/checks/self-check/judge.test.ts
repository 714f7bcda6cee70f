import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inspection } from '../../model/exchange.ts';
import type { CleanupEvidence, LeftoversEvidence } from './gather-cleanup.ts';
import { setResponse, examine, exchange, inspection, LIST, listing, nth, problem, removeResponse, task } from '../../test/exchanges.ts';
import { judgeArtifacts, judgeCleanup, judgeTime } from './judge.ts';

function cleanupEvidence(): CleanupEvidence & { earlier: LeftoversEvidence } {
  return {
    lists: (['tenant A', 'tenant B'] as const).map((actor) => ({ actor, removed: 12, left: 0, last: listing(actor, []) })),
    created: 24,
    ownerless: [exchange({ method: 'DELETE', path: `${LIST}/7`, actor: 'anonymous' }, { status: 204, body: '' })],
    earlier: { removed: 0, unreachable: 0, elsewhere: 0 },
  };
}

examine('judgeCleanup', ({ earlier, ...cleanup }: ReturnType<typeof cleanupEvidence>) => judgeCleanup(cleanup, earlier), cleanupEvidence, [
  ['one object is left', ({ lists }) => (nth(lists, 1).left = 1), 'fail', 'objects-left'],
  ['the list is rejected', ({ lists }) => setResponse(nth(lists).last, problem(401)), 'inconclusive', 'list-failed'],
  ['the list is 404', ({ lists }) => setResponse(nth(lists).last, problem(404)), 'inconclusive', 'list-failed'],
  ['the list is limited', ({ lists }) => setResponse(nth(lists).last, problem(429)), 'inconclusive', 'rate-limited'],
  ['the lists got no response', ({ lists }) => lists.forEach(({ last }) => removeResponse(last)), 'inconclusive', 'no-answer'],
  ['an object without an owner cannot be deleted', ({ ownerless }) => setResponse(nth(ownerless), problem(404)), 'fail', 'objects-left'],
  ['nothing was listed', (evidence) => (evidence.lists = []), 'inconclusive', 'nothing-observed'],
  ['nothing was created', (evidence) => Object.assign(evidence, { lists: [], created: 0 }), 'inconclusive', 'nothing-created'],
  [
    'the list still contains an object of the audit',
    ({ lists }) => setResponse(nth(lists).last, { body: { tasks: [task(1, 'audit-canary-0123456789abcdef')], total: 1 } }),
    'not pass',
  ],
  ['an earlier run on this target could not be cleaned up', ({ earlier }) => (earlier.unreachable = 1), 'not pass'],
]);

examine(
  'judgeArtifacts',
  ({ inspected, files }: { inspected: Inspection; files: { name: string; found: string[] }[] }) => judgeArtifacts({ inspection: inspected, files }),
  () => ({ inspected: inspection(), files: [{ name: 'ledger.jsonl', found: [] as string[] }] }),
  [
    ['a record contains a secret', ({ files }) => (nth(files).found = ['JWT_SECRET']), 'fail', 'secret-written'],
    ['a record contains a token', ({ files }) => files.push({ name: 'evidence-tokens.json', found: ['a token'] }), 'fail', 'secret-written'],
    ['no record was searched', (evidence) => (evidence.files = []), 'inconclusive', 'nothing-observed'],
  ],
);

examine(
  'judgeTime',
  ({ inspected, elapsed, waited, requests }: { inspected: Inspection; elapsed: number; waited: number; requests: number }) =>
    judgeTime({ inspection: inspected, elapsedMs: elapsed, waitedMs: waited, requests }, { seconds: 60, requests: 1_000 }),
  () => ({ inspected: inspection(), elapsed: 59_999, waited: 0, requests: 1_000 }),
  [
    ['one request too many', (evidence) => (evidence.requests = 1_001), 'fail', 'too-many-requests'],
    ['60 s', (evidence) => (evidence.elapsed = 60_000), 'fail', 'too-slow'],
    ['90 s with 30 s of waiting', (evidence) => ((evidence.elapsed = 90_000), (evidence.waited = 30_001)), 'pass'],
    ['90 s with 10 s of waiting', (evidence) => ((evidence.elapsed = 90_000), (evidence.waited = 10_000)), 'fail', 'too-slow'],
    ['the elapsed time is NaN', (evidence) => (evidence.elapsed = Number.NaN), 'fail', 'too-slow'],
    ['more waiting than elapsed time', (evidence) => ((evidence.elapsed = 200_000), (evidence.waited = 1_200_000)), 'not pass'],
  ],
);

test('the summaries of records and time do not depend on how many requests a run sent', () => {
  const summaries = [3, 4].map((count) => {
    const files = Array.from({ length: count }, (_, index) => ({ name: `record ${index}`, found: [] }));
    const time = { inspection: inspection(), elapsedMs: count * 1_000, waitedMs: 0, requests: count };
    return [judgeArtifacts({ inspection: inspection(), files }).summary, judgeTime(time, { seconds: 60, requests: 1_000 }).summary];
  });
  assert.deepEqual(summaries[0], summaries[1]);
});

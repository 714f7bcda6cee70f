import type { Inspection } from '../../model/exchange.ts';
import type { CleanupEvidence, LeftoversEvidence } from './gather-cleanup.ts';
import { answers, examine, exchange, inspection, LIST, listing, nth, problem, silent, task } from '../../test/exchanges.ts';
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
  ['the list is refused', ({ lists }) => answers(nth(lists).last, problem(401)), 'inconclusive', 'list-refused'],
  ['the list is 404', ({ lists }) => answers(nth(lists).last, problem(404)), 'inconclusive', 'list-refused'],
  ['the list is limited', ({ lists }) => answers(nth(lists).last, problem(429)), 'inconclusive', 'rate-limited'],
  ['the lists had no answer', ({ lists }) => lists.forEach(({ last }) => silent(last)), 'inconclusive', 'no-answer'],
  ['an object without an owner cannot be deleted', ({ ownerless }) => answers(nth(ownerless), problem(404)), 'fail', 'objects-left'],
  ['nobody looked', (evidence) => (evidence.lists = []), 'inconclusive', 'nothing-observed'],
  ['nothing was created', (evidence) => Object.assign(evidence, { lists: [], created: 0 }), 'inconclusive', 'nothing-created'],
  [
    'the list still holds an object of the audit',
    ({ lists }) => answers(nth(lists).last, { body: { tasks: [task(1, 'audit-canary-0123456789abcdef')], total: 1 } }),
    'not pass',
  ],
  ['an earlier run of this target could not be tidied up', ({ earlier }) => (earlier.unreachable = 1), 'not pass'],
]);

examine(
  'judgeArtifacts',
  ({ seen, files }: { seen: Inspection; files: { name: string; found: string[] }[] }) => judgeArtifacts({ inspection: seen, files }),
  () => ({ seen: inspection(), files: [{ name: 'ledger.jsonl', found: [] as string[] }] }),
  [
    ['a file holds a secret', ({ files }) => (nth(files).found = ['JWT_SECRET']), 'fail', 'secret-written'],
    ['a file holds a token', ({ files }) => files.push({ name: 'evidence-tokens.json', found: ['a token'] }), 'fail', 'secret-written'],
    ['no file was looked at', (evidence) => (evidence.files = []), 'inconclusive', 'nothing-observed'],
  ],
);

examine(
  'judgeTime',
  ({ seen, elapsed, waited, requests }: { seen: Inspection; elapsed: number; waited: number; requests: number }) =>
    judgeTime({ inspection: seen, elapsedMs: elapsed, waitedMs: waited, requests }, { seconds: 60, requests: 1_000 }),
  () => ({ seen: inspection(), elapsed: 59_999, waited: 0, requests: 1_000 }),
  [
    ['one request too many', (evidence) => (evidence.requests = 1_001), 'fail', 'too-many-requests'],
    ['a minute', (evidence) => (evidence.elapsed = 60_000), 'fail', 'too-slow'],
    ['a minute and a half, half a minute of it waiting', (evidence) => ((evidence.elapsed = 90_000), (evidence.waited = 30_001)), 'pass'],
    ['a minute and a half, a little of it waiting', (evidence) => ((evidence.elapsed = 90_000), (evidence.waited = 10_000)), 'fail', 'too-slow'],
    ['a time that is none', (evidence) => (evidence.elapsed = Number.NaN), 'fail', 'too-slow'],
    ['more waiting than time: parallel waits were added up', (evidence) => ((evidence.elapsed = 200_000), (evidence.waited = 1_200_000)), 'not pass'],
  ],
);

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../model/exchange.ts';
import { setResponse, canary, examine, found, listing, nth, problem, setBody, task } from '../../test/exchanges.ts';
import { listsEvidence } from '../../test/lists.ts';
import { inconclusive, type Verdict } from '../../model/verdict.ts';
import { judgeOwners, judgeOwnership } from './judge-ownership.ts';

examine(
  'judgeOwnership',
  judgeOwnership,
  listsEvidence,
  [
    ['the created object belongs to A', ({ forged }) => setBody(forged.canary.created, { user_id: 'tenant-a' }), 'fail', 'owner-taken-from-body'],
    [
      "A's list contains it",
      ({ forged }) => setResponse(forged.listA, { body: { tasks: [task(3, forged.canary.text)], total: 1 } }),
      'fail',
      'object-planted',
    ],
    [
      'an update gives the object away',
      ({ forged, given }) => setResponse(forged.listA, { body: { tasks: [task(4, found(given).canary.text)], total: 1 } }),
      'fail',
      'object-given-away',
    ],
    [
      "A's list contains B's own object, so it shows nothing about owners",
      ({ forged, ofA, ofB }) =>
        setResponse(forged.listA, { body: { tasks: [task(1, ofA.text), task(2, ofB.text), task(3, forged.canary.text)], total: 3 } }),
      'inconclusive',
      'list-shows-all',
    ],
    [
      "the object names A as owner, whatever A's list contains",
      ({ forged, ofA, ofB }) => (
        setBody(forged.canary.created, { user_id: 'tenant-a' }),
        setResponse(forged.listA, { body: { tasks: [task(1, ofA.text), task(2, ofB.text)], total: 2 } })
      ),
      'fail',
      'owner-taken-from-body',
    ],
    [
      'an update returns 204',
      ({ given }) => setResponse(found(given).updated, { status: 204, body: '', headers: { 'content-type': undefined } }),
      'pass',
    ],
    ['an update that names another owner is rejected', ({ given }) => setResponse(found(given).updated, problem(422)), 'pass'],
    ['an update that names another owner is malformed', ({ given }) => setResponse(found(given).updated, problem(400)), 'pass'],
    ['an update that names another owner is 404', ({ given }) => setResponse(found(given).updated, problem(404)), 'fail', 'object-given-away'],
    ["the same request of B got A's object", ({ twins }) => (twins.ofB.id = twins.ofA.id), 'fail', 'response-of-another-tenant'],
    ['the same request of B is rejected: of judgeLists', ({ twins }) => (setResponse(twins.ofB.created, problem(409)), (twins.ofB.id = '')), 'pass'],
    ['rejected with 422', ({ forged }) => setResponse(forged.canary.created, problem(422)), 'pass'],
    ['rejected with 401', ({ forged }) => setResponse(forged.canary.created, problem(401)), 'fail', 'unexpected-status'],
    ["A's list is rejected", ({ forged }) => setResponse(forged.listA, problem(403)), 'fail', 'object-planted'],
    ["A's list is empty, although A owns an object", ({ forged }) => setResponse(forged.listA, { body: { tasks: [], total: 0 } }), 'not pass'],
    [
      'tokens were given, and the API takes the owner from the body',
      (evidence) => ((evidence.userIdOfA = undefined), setBody(evidence.forged.canary.created, { user_id: 'another-user' })),
      'not pass',
    ],
  ],
  {
    ignores: {
      'ofA.created': 'of judgeLists',
      'ofB.created': 'of judgeLists',
      listA: 'of judgeLists',
      listB: 'of judgeLists',
      'asA[*]': 'of judgeLists',
      'writes.': 'of judgeLists',
      'filtered[*]': 'of judgeLists',
      'quoted[*]': 'of judgeLists',
      'lookupsWithoutText[*]': 'of judgeLists',
      'lookups[*].': 'of judgeLists',
      'given.canary.created': 'the response to its update shows that it exists',
      anonymousUnknown: 'of judgeAnonymous',
      'interleaved[*].exchange': 'of judgeLists',
    },
  },
);

const owned = (id: number, owner: unknown): Record<string, unknown> => ({ ...task(id, 'x'), user_id: owner });
const made = (actor: 'tenant A' | 'tenant B', owner: unknown): Exchange => {
  const { created } = canary(1, 'x', actor);
  setResponse(created, { status: 201, body: owned(1, owner) });
  return created;
};

examine(
  'judgeOwners',
  ({ exchanges }: { exchanges: Exchange[] }): Verdict => judgeOwners(exchanges, ['user_id']) ?? inconclusive('no-owner-named', 'No owner is named.'),
  () => ({
    exchanges: [
      made('tenant A', 'a'),
      made('tenant B', 'b'),
      listing('tenant A', [owned(1, 'a'), { ...owned(2, 'a'), tags: [{ id: 9, user_id: 'a' }] }]),
      listing('tenant B', [owned(3, 'b')]),
    ],
  }),
  [
    [
      "B's list contains an object of A",
      ({ exchanges }) => setBody(nth(exchanges, 3), { tasks: [owned(3, 'b'), owned(1, 'a')] }),
      'fail',
      'owner-differs',
    ],
    [
      'a list contains an object of a third tenant',
      ({ exchanges }) => setBody(nth(exchanges, 3), { tasks: [owned(3, 'c')] }),
      'fail',
      'owner-differs',
    ],
    ['a nested object belongs to another tenant', ({ exchanges }) => setBody(nth(exchanges, 3), { tasks: [{ tags: [{ user_id: 'a' }] }] }), 'fail'],
    [
      'a response is the one to A',
      ({ exchanges }) => (nth(exchanges, 3).response = structuredClone(found(nth(exchanges).response))),
      'fail',
      'owner-differs',
    ],
    [
      'owners are numbers',
      ({ exchanges }) => exchanges.forEach((each) => (found(each.response).body = found(each.response).body.replaceAll('"a"', '1'))),
      'pass',
    ],
    [
      'a request that names another owner',
      ({ exchanges }) => ((nth(exchanges, 3).request.body = '{"user_id":"a"}'), setBody(nth(exchanges, 3), { tasks: [owned(3, 'a')] })),
      'pass',
    ],
    ['an error shows nothing', ({ exchanges }) => setResponse(nth(exchanges, 3), { status: 404, body: owned(1, 'a') }), 'pass'],
    [
      'all tenants have the same owner',
      ({ exchanges }) => setResponse(nth(exchanges, 1), { status: 201, body: owned(1, 'a') }),
      'inconclusive',
      'no-owner-named',
    ],
    ['nothing was created', ({ exchanges }) => void exchanges.splice(0, 2), 'inconclusive', 'no-owner-named'],
  ],
  { ignores: { 'exchanges[*]': 'other judges judge every response; this one uses those that name an owner' } },
);

test('compares the owners of each part of the evidence with its own tenants', () => {
  const ofPart = (part: string, a: string, b: string, inList: string): Exchange[] =>
    [made('tenant A', a), made('tenant B', b), listing('tenant B', [owned(4, inList)])].map((each) => ({ ...each, part }));
  const outcomeOf = (...exchanges: Exchange[]): string | undefined => judgeOwners(exchanges, ['user_id'])?.outcome;
  assert.equal(outcomeOf(...ofPart('tasks', 'a', 'b', 'b'), ...ofPart('tags', 'c', 'd', 'd')), 'pass');
  assert.equal(outcomeOf(...ofPart('tasks', 'a', 'b', 'b'), ...ofPart('tags', 'c', 'd', 'b')), 'fail');
});

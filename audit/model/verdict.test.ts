import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exchange, inspection, problem, blockedFetch } from '../test/exchanges.ts';
import {
  conclude,
  expect,
  inconclusive,
  isSilent,
  notApplicable,
  notRun,
  type Observation,
  observeDoubt,
  observeFailure,
  observePass,
  requireAttempts,
  worstFirst,
} from './verdict.ts';

const shown = exchange({});
const pass = observePass('held', shown);
const doubt = observeDoubt('unclear', 'it is unclear', shown);
const fail = observeFailure('broken', 'it is broken', shown);

describe('conclude', () => {
  test('does not pass without observations', () => {
    const verdict = conclude([], 'All is well.');
    assert.deepEqual([verdict.outcome, verdict.code], ['inconclusive', 'nothing-observed']);
    assert.doesNotMatch(verdict.summary, /All is well/);
  });

  test('does not pass with an observation without evidence, even where others have evidence', () => {
    for (const observations of [[observePass('held')], [pass, observePass('held')], [observePass('held'), pass]]) {
      const verdict = conclude(observations, 'All is well.');
      assert.deepEqual([verdict.outcome, verdict.code], ['inconclusive', 'no-evidence']);
      assert.doesNotMatch(verdict.summary, /All is well/);
    }
  });

  const mixes: readonly (readonly [string, readonly Observation[], string, string])[] = [
    ['passes alone', [pass, pass], 'pass', 'proven'],
    ['one doubt among passes', [pass, doubt, pass], 'inconclusive', 'unclear'],
    ['one failure among passes', [pass, pass, fail], 'fail', 'broken'],
    ['a doubt before a failure', [doubt, fail], 'fail', 'broken'],
    ['a failure before a doubt', [fail, doubt], 'fail', 'broken'],
    ['a failure without evidence', [observeFailure('broken', 'it is broken')], 'fail', 'broken'],
    ['a doubt without evidence', [observeDoubt('unclear', 'it is unclear'), pass], 'inconclusive', 'unclear'],
  ];
  for (const [name, observations, outcome, code] of mixes) {
    test(`${name}: ${outcome}`, () => {
      const verdict = conclude(observations, 'All is well.');
      assert.deepEqual([verdict.outcome, verdict.code], [outcome, code]);
      assert.deepEqual(verdict.observations, observations, 'contains every observation');
      assert.equal(verdict.summary === 'All is well.', outcome === 'pass');
    });
  }

  test('summarizes the first of the worst observations, and counts the others', () => {
    assert.equal(conclude([pass, fail, fail, fail], '').summary, 'it is broken (and 2 more)');
    assert.equal(conclude([fail], '').summary, 'it is broken');
  });
});

describe('other verdicts', () => {
  test('are not a pass', () => {
    assert.deepEqual(
      [inconclusive('x', 'y'), notApplicable('y'), notRun('y')].map(({ outcome }) => outcome),
      ['inconclusive', 'not applicable', 'not run'],
    );
  });

  test('expect passes exactly when it holds, and records its evidence', () => {
    assert.deepEqual(expect(true, 'code', 'broken', shown), { outcome: 'pass', code: 'code', says: '', evidence: [shown.id] });
    assert.deepEqual(expect(false, 'code', 'broken', shown), { outcome: 'fail', code: 'code', says: 'broken', evidence: [shown.id] });
  });

  test('expect is a doubt where a gateway responded for the API, or nothing did', () => {
    const { response: _, ...withoutResponse } = exchange({});
    const removeResponse = [
      withoutResponse,
      exchange({}, { status: 404, headers: { 'x-railway-fallback': 'true' } }),
      exchange({}, { status: 503, body: '<h1>Unavailable</h1>', headers: { 'content-type': 'text/html' } }),
      exchange({}, problem(504)),
      exchange({}, { status: 502, headers: { 'content-type': undefined } }),
    ];
    for (const each of removeResponse) {
      assert.ok(isSilent(each));
      for (const holds of [true, false]) {
        const { outcome, evidence } = expect(holds, 'code', 'broken', shown, each);
        assert.deepEqual([outcome, evidence], ['inconclusive', [shown.id, each.id]]);
      }
    }
  });

  test('responses of the API, its own server errors included, and inspections are not silent', () => {
    for (const each of [
      shown,
      exchange({}, problem(500)),
      exchange({}, problem(503)),
      exchange({}, { status: 500, headers: { 'content-type': 'text/html' } }),
      exchange({}, { status: 503, headers: { 'content-type': 'text/html' } }),
      exchange({}, { status: 404 }),
      exchange({}, { status: 499, headers: { 'content-type': 'text/html' } }),
      inspection(),
      blockedFetch({ origin: 'null' }),
    ]) {
      assert.ok(!isSilent(each));
      assert.equal(expect(false, 'code', 'broken', each).outcome, 'fail');
    }
  });

  test('a group without attempts is a doubt, whatever the other groups contain', () => {
    assert.deepEqual(requireAttempts('writes', [1], ['x']), []);
    for (const groups of [[[]], [[1], []], [[], [1]]])
      assert.equal(conclude([pass, ...requireAttempts('writes', ...groups)], '').outcome, 'inconclusive');
  });
});

describe('worstFirst', () => {
  const severe = observeFailure('severe', 'it is severe', shown);
  const rankOf = ({ code }: Observation): number => (code === 'severe' ? 0 : 1);

  test('summarizes the most severe failure', () => {
    const { outcome, code, summary } = worstFirst(conclude([pass, fail, doubt, severe], 'All is well.'), rankOf);
    assert.deepEqual([outcome, code, summary], ['fail', 'severe', 'it is severe (and 1 more)']);
  });

  test('changes no other verdict', () => {
    for (const observations of [[pass], [doubt, pass], [severe, fail], [fail, pass]]) {
      const verdict = { ...conclude(observations, 'All is well.'), summary: 'As it was.' };
      assert.equal(worstFirst(verdict, rankOf), verdict);
    }
  });
});

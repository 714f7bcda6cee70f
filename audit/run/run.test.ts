import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CheckId, checkIds, checkOf, isCheckId } from '../checks/catalog.ts';
import type { LedgerEntry } from '../model/exchange.ts';
import { conclude, inconclusive, notRun, type Outcome, type Verdict, observePass, observeFailure } from '../model/verdict.ts';
import { requestsOf } from '../gather/ledger.ts';
import { exchange, inspection, nth, readFetch, blockedFetch } from '../test/exchanges.ts';
import { ownReferences } from './references.ts';
import { budgetOf, changesSince, type Made, type References, resultsOf, type Run, verdictOf } from './run.ts';
import { frozenRun } from '../test/frozen-run.ts';

const of = (...outcomes: Outcome[]): { outcome: Outcome }[] => outcomes.map((outcome) => ({ outcome }));

describe('verdictOf', () => {
  test('is proven only for pass and not applicable', () => {
    assert.equal(verdictOf(of('pass')), 'proven');
    assert.equal(verdictOf(of('pass', 'not applicable', 'pass')), 'proven');
  });

  test('is not proven without a check, or without one that passed', () => {
    assert.equal(verdictOf([]), 'not proven');
    assert.equal(verdictOf(of('not applicable')), 'not proven');
    assert.equal(verdictOf(of('not run', 'not run')), 'not proven');
  });

  test('is not proven as soon as one check was not run or is inconclusive', () => {
    for (const outcome of ['inconclusive', 'not run'] as const) {
      assert.equal(verdictOf(of('pass', outcome)), 'not proven');
      assert.equal(verdictOf(of(outcome, 'pass', 'pass', 'not applicable')), 'not proven');
    }
  });

  test('is failed as soon as one check failed, whatever the outcomes of the others', () => {
    for (const outcome of ['pass', 'inconclusive', 'not run', 'not applicable', 'fail'] as const) {
      assert.equal(verdictOf(of(outcome, 'fail')), 'failed');
      assert.equal(verdictOf(of('fail', outcome)), 'failed');
    }
  });

  test('an accepted failure is not proven; with another failure the verdict is failed', () => {
    const accepted = { outcome: 'fail', accepted: { reason: 'the edge is the platform’s', owner: 'ops', expires: '2026-12-31' } } as const;
    assert.equal(verdictOf([...of('pass'), accepted]), 'not proven');
    assert.equal(verdictOf([...of('fail'), accepted]), 'failed');
  });

  test('a requirement that nothing proves is not proven; no other outcome of a requirement changes the verdict', () => {
    assert.equal(verdictOf(of('pass'), [{ outcome: 'not proven' }, { outcome: 'pass' }]), 'not proven');
    assert.equal(verdictOf(of('pass', 'fail'), [{ outcome: 'not proven' }]), 'failed');
    for (const outcome of ['pass', 'pass in part', 'not observable', 'not measured', 'not met', 'not applicable'] as const)
      assert.equal(verdictOf(of('pass'), [{ outcome }]), 'proven');
  });

  test('an unknown outcome is not proven', () => {
    assert.equal(verdictOf([...of('pass'), { outcome: 'skipped' as unknown as Outcome }]), 'not proven');
  });
});

describe('resultsOf', () => {
  const sent = exchange({ path: '/health?x=1', method: 'PUT', purpose: 'health' }, { status: 503, body: 'no\n  database' });
  const ledger: LedgerEntry[] = [{ kind: 'http', ...sent }];
  const references = (id: CheckId): References => ownReferences(id, []);
  const made = (verdict: Verdict): Made => ({ verdict, ms: 12.4 });
  const passing: Verdict = conclude([observePass('held', sent)], 'It held.');

  test('has one result for each check, in the order of the catalog, whichever checks ran', () => {
    for (const verdicts of [new Map<string, Made>(), new Map([['plain-http', made(passing)]]), new Map([['no-such-check', made(passing)]])]) {
      assert.deepEqual(
        resultsOf(verdicts, ledger, references).map(({ id }) => id),
        checkIds,
      );
    }
  });

  test('a check that did not run is not run, never passed', () => {
    const results = resultsOf(new Map([['plain-http', made(passing)]]), ledger, references);
    assert.deepEqual([...new Set(results.filter(({ id }) => id !== 'plain-http').map(({ outcome }) => outcome))], ['not run']);
    assert.equal(verdictOf(results), 'not proven');
    assert.equal(verdictOf(resultsOf(new Map(), [], references)), 'not proven');
  });

  test('every check passed is proven; all but one is not', () => {
    const all = new Map<string, Made>(checkIds.map((id) => [id, made(passing)]));
    assert.equal(verdictOf(resultsOf(all, ledger, references)), 'proven');
    all.delete(nth(checkIds, -1));
    assert.equal(verdictOf(resultsOf(all, ledger, references)), 'not proven');
  });

  test('has the area, severity, requirements and decision of the catalog', () => {
    const result = resultsOf(new Map(), [], references).find(({ id }) => id === 'plain-http');
    const { area, severity, adr, requirements } = checkOf('plain-http');
    assert.deepEqual([result?.area, result?.severity, result?.adr, result?.requirement], [area, severity, adr, requirements]);
  });

  test('has the severity of the worst failure', () => {
    const severityOf = (...codes: string[]): string | undefined => {
      const verdict = conclude(
        codes.map((code) => observeFailure(code, 'it broke', sent)),
        '',
      );
      return resultsOf(new Map([['isolation-by-id', made(verdict)]]), ledger, references).find(({ id }) => id === 'isolation-by-id')?.severity;
    };
    assert.deepEqual([severityOf('data-shown'), severityOf('existence-shown')], ['critical', 'medium']);
  });

  test('has the observations that did not pass with their requests, and the number of all observations', () => {
    const verdict = conclude([observePass('held', sent), observeFailure('broken', 'it broke', sent, inspection())], '');
    const result = resultsOf(new Map([['plain-http', made(verdict)]]), ledger, references).find(({ id }) => id === 'plain-http');
    assert.deepEqual([result?.outcome, result?.code, result?.observations], ['fail', 'broken', 2]);
    assert.deepEqual(result?.evidence, [
      {
        outcome: 'fail',
        code: 'broken',
        says: 'it broke',
        exchanges: [{ method: 'PUT', path: '/health?x=1', headers: [], answer: '503: no database' }],
      },
    ]);
  });

  test('has the origin of a browser request, and why the response was not readable', () => {
    const [read, blocked] = [readFetch({}), blockedFetch({ origin: 'https://foreign-site.example', purpose: 'simple GET' })];
    const verdict = conclude([observeFailure('broken', 'it broke', read, blocked)], '');
    const entries: LedgerEntry[] = [
      { kind: 'browser', ...read },
      { kind: 'browser', ...blocked },
    ];
    const result = resultsOf(new Map([['plain-http', made(verdict)]]), entries, references).find(({ id }) => id === 'plain-http');
    assert.deepEqual(
      result?.evidence[0]?.exchanges.map(({ from, answer }) => [from, answer]),
      [
        ['https://tasks-app.vercel.app', '200: {}'],
        ['https://foreign-site.example', 'not readable by the page (MissingAllowOriginHeader)'],
      ],
    );
  });

  test('preserves the summaries of verdicts for a missing setting and for a crash', () => {
    const results = new Map(
      resultsOf(
        new Map([
          ['plain-http', made(notRun('No key.'))],
          ['hsts', made(inconclusive('crashed', 'Crashed.'))],
        ]),
        [],
        references,
      ).map((result) => [result.id, result]),
    );
    assert.deepEqual([results.get('plain-http')?.code, results.get('hsts')?.summary], ['setting-missing', 'Crashed.']);
  });

  test('has the duration of each check in whole milliseconds, and its file', () => {
    const results = resultsOf(new Map([['plain-http', made(passing)]]), ledger, (id) => ({ ...references(id), file: `file of ${id}` }));
    const wanted = results.filter(({ id }) => ['plain-http', 'hsts'].includes(id));
    assert.deepEqual(
      wanted.map(({ duration_ms, file: where }) => [where, duration_ms]),
      [
        ['file of plain-http', 12],
        ['file of hsts', 0],
      ],
    );
  });
});

describe('ids', () => {
  test('are those of the catalog', () => {
    assert.ok(isCheckId('plain-http'));
    assert.ok(!isCheckId('no-such-check'));
  });

  test('do not include names of Object.prototype', () => {
    for (const name of ['toString', 'constructor']) assert.ok(!isCheckId(name));
  });
});

describe('the budget', () => {
  const { preflight: _, ...simple } = blockedFetch({ origin: 'null', purpose: 'simple GET' });
  const ledger: LedgerEntry[] = [
    { kind: 'http', ...exchange({}) },
    { kind: 'browser', ...readFetch({ purpose: 'preflighted GET' }) },
    { kind: 'browser', ...simple },
    { kind: 'inspection', ...inspection() },
  ];

  test('counts a preflight as a separate request, and does not count an inspection', () => {
    assert.deepEqual(ledger.map(requestsOf), [1, 2, 1, 0]);
  });

  test('sums by area, including an area without requests', () => {
    assert.deepEqual(
      budgetOf(
        ledger,
        new Map([
          ['cors-browser', 12.6],
          ['tokens', 3],
          ['secrets', 7],
        ]),
        (evidence) => evidence,
      ),
      [
        { area: 'cors-browser', requests: 3, ms: 13 },
        { area: 'tokens', requests: 1, ms: 3 },
        { area: 'secrets', requests: 0, ms: 7 },
      ],
    );
  });
});

describe('changesSince', () => {
  const run = (outcomes: Readonly<Record<string, Outcome>>, api_url = 'https://api.example.com', loopback = false): Run => ({
    ...frozenRun(),
    started_at: '2026-11-19T00:00:00Z',
    target: { api_url, app_origin: 'https://tasks-app.vercel.app', loopback, private_ca: false },
    checks: Object.entries(outcomes).map(([id, outcome]) => ({ ...nth(frozenRun().checks), id, outcome })),
  });

  test('without an earlier run there are no changes', () => {
    assert.deepEqual(changesSince(undefined, run({ a: 'fail' })), { since: null, elsewhere: null, worse: [], better: [], other: [] });
  });

  test('distinguishes worse from better by the rank of outcomes', () => {
    const changes = changesSince(
      run({ a: 'pass', b: 'fail', c: 'inconclusive', d: 'pass', e: 'not run', f: 'pass' }),
      run({ a: 'fail', b: 'pass', c: 'fail', d: 'inconclusive', e: 'pass', f: 'pass' }),
    );
    assert.deepEqual(changes, {
      since: '2026-11-19T00:00:00Z',
      elsewhere: null,
      worse: ['a: pass -> fail', 'c: inconclusive -> fail', 'd: pass -> inconclusive'],
      better: ['b: fail -> pass', 'e: not run -> pass'],
      other: [],
    });
  });

  test('a check that passed and does not run any more is worse', () => {
    assert.deepEqual(changesSince(run({ a: 'pass' }), run({ a: 'not run' })).worse, ['a: pass -> not run']);
  });

  test('a check that only one of the two runs has is named, neither worse nor better', () => {
    assert.deepEqual(changesSince(run({ old: 'fail' }), run({ a: 'pass' })), {
      since: '2026-11-19T00:00:00Z',
      elsewhere: null,
      worse: [],
      better: [],
      other: ['a: new -> pass', 'old: fail -> gone'],
    });
  });

  test('names another target; two rehearsals have the same target, whatever their ports', () => {
    const [deployed, rehearsed] = [run({}), run({}, 'https://localhost:40001', true)];
    assert.equal(changesSince(rehearsed, deployed).elsewhere, 'https://localhost:40001');
    assert.equal(changesSince(deployed, rehearsed).elsewhere, 'https://api.example.com');
    assert.equal(changesSince(deployed, deployed).elsewhere, null);
    assert.equal(changesSince(run({}, 'https://localhost:40002', true), rehearsed).elsewhere, null);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkIds, checkOf } from '../checks/catalog.ts';
import { type RequirementId, requirementIds, requirementOf } from '../checks/requirements.ts';
import type { Outcome } from '../model/verdict.ts';
import { ownReferences } from './references.ts';
import { type Figures, requirementRows, statedRequirements } from './requirement-rows.ts';
import { type CheckResult, resultsOf, type RequirementRow, verdictOf } from './run.ts';

const FIGURES: Figures = {
  loopback: false,
  healthProperties: ['status', 'database', 'environment', 'timestamp', 'commit'],
  origins: { tried: 31, rejected: 31, inBrowser: 8, overHttp: 31 },
  command: { ms: 21_340, deploymentMs: 0, limiterMs: 0, historyMs: 1_800 },
  released: { seconds: 41.26 },
  unknownSecrets: [],
  listed: { endpoints: 15, variables: 16, measures: 11 },
  hasFile: () => true,
};
/** Outcomes in production, where checks that need a stage, a second browser or the live page do not apply. */
const PRODUCTION: Readonly<Record<string, Outcome>> = {
  'health-truth': 'not applicable',
  'browser-webkit': 'not applicable',
  'app-page': 'not applicable',
  'app-scripts': 'not applicable',
};
const REHEARSAL = { ...PRODUCTION, 'health-truth': 'pass' } as const;

function checks(different: Readonly<Record<string, Outcome>> = {}): CheckResult[] {
  return resultsOf(new Map(), [], (id) => ownReferences(id, [])).map((check) => ({ ...check, outcome: different[check.id] ?? 'pass' }));
}

function rows(different: Readonly<Record<string, Outcome>>, figures: Partial<Figures> = {}): Map<string, RequirementRow> {
  return new Map(requirementRows(checks(different), { ...FIGURES, ...figures }).map((row) => [row.id, row]));
}

/** The row as a text. */
function read(row: RequirementRow | undefined): string {
  const sentences = row?.proof.map(({ says, checks: ids, tests }) => [says, [...ids, ...tests].join(', ')].filter(Boolean).join(' '));
  return `${row?.outcome}: ${sentences?.join(' | ')}`;
}

describe('the rows', () => {
  test('are one per requirement, in the order and in the words of the specification', () => {
    const all = requirementRows(checks(), FIGURES);
    assert.deepEqual(
      all.map(({ id, demand }) => [id, demand]),
      requirementIds.map((id) => [id, requirementOf(id).demand]),
    );
  });

  test('of production state what this run observed and what proves the rest', () => {
    const found = rows(PRODUCTION);
    const wanted: Partial<Record<RequirementId, string>> = {
      'FR-001':
        'pass in part: Passed: port-binding | That it listens on every address is not observable from outside: tested by service/server.test.ts',
      'FR-002': 'pass: Passed: procfile-entry',
      'FR-003':
        'pass in part: Passed: pool-settings | That the pool never opens more connections than its maximum is not observable from outside: tested by service/db/pool.test.ts',
      'FR-005':
        "pass in part: Passed: health-agrees | That health follows the database when it is stopped is not observable from outside: proven by the rehearsal's check health-truth",
      'FR-006': 'pass: Passed: docs-absent, contract-absent',
      'FR-007': 'pass: Passed: target-identity',
      'US1.1': 'pass: Passed: port-binding, health-shape',
      'US2.1':
        "pass in part: Passed: health-agrees | That it returns 503 without the database is not observable from outside: proven by the rehearsal's check health-truth",
      'EC-1': "not observable: Not observable from outside: proven by the rehearsal's check health-truth | Also tested by service/db/dropout.test.ts",
      'EC-2': 'not observable: Not observable from outside: tested by service/server.test.ts, service/config.test.ts',
      'EC-3': 'not observable: Not observable from outside: tested by service/server.test.ts',
      'PLAN-100': 'pass: Passed: concurrent-reads',
    };
    for (const [id, text] of Object.entries(wanted)) assert.equal(read(found.get(id)), text, id);
  });

  test('of a rehearsal pass if the check that stops the database passed', () => {
    const found = rows(REHEARSAL, { loopback: true });
    for (const id of ['FR-005', 'US2.1', 'EC-1', 'PLAN-health']) assert.match(read(found.get(id)), /^pass: Passed: .*health-truth$/, id);
  });

  test('of a rehearsal do not claim an external URL', () => {
    assert.match(
      read(rows(REHEARSAL, { loopback: true }).get('FR-007')),
      /^pass in part: .* not observable in a rehearsal: tested by audit\/settings\/target\.test\.ts$/,
    );
  });

  test('name checks that do not apply, and pass if those that do have passed', () => {
    assert.match(read(rows(PRODUCTION).get('FR-004')), /^pass: Passed: .* \| Not applicable: browser-webkit$/);
  });

  for (const outcome of ['fail', 'inconclusive', 'not run'] as const) {
    test(`are ${outcome} if one check is, whatever else proves the requirement`, () => {
      for (const id of checkIds) {
        const found = rows({ ...PRODUCTION, [id]: outcome });
        for (const reference of checkOf(id).requirements) {
          const row = found.get(reference);
          if (row !== undefined) assert.equal(row.outcome, outcome, `${reference} by ${id}`);
        }
      }
    });
  }

  test('never pass if no check was made', () => {
    for (const row of requirementRows(
      resultsOf(new Map(), [], (id) => ownReferences(id, [])),
      { ...FIGURES, origins: { tried: 0, rejected: 0, inBrowser: 0, overHttp: 0 } },
    ))
      assert.ok(!['pass', 'pass in part'].includes(row.outcome) || row.id === 'US3.2', `${row.id}: ${row.outcome}`);
  });
});

describe('a requirement that nothing proves', () => {
  test('is not proven, and neither is the audit', () => {
    const found = rows(PRODUCTION, { hasFile: (file) => file !== 'service/server.test.ts' });
    assert.equal(read(found.get('EC-3')), 'not proven: This is not proven, because these tests do not exist: service/server.test.ts');
    assert.match(read(found.get('FR-001')), /^not proven: Passed: port-binding \| That it listens on every address is not proven/);
    assert.equal(verdictOf(checks(PRODUCTION), [...found.values()]), 'not proven');
    assert.equal(verdictOf(checks(PRODUCTION), [...rows(PRODUCTION).values()]), 'proven');
  });

  test('includes one whose checks do not apply', () => {
    assert.equal(rows({ ...PRODUCTION, 'procfile-entry': 'not applicable' }).get('FR-002')?.outcome, 'not proven');
    assert.equal(rows(PRODUCTION, { healthProperties: ['status'] }).get('US1.1')?.outcome, 'not proven');
  });

  test('does not hide a failure', () => {
    const found = rows({ ...PRODUCTION, hsts: 'fail' }, { hasFile: () => false });
    assert.equal(verdictOf(checks({ hsts: 'fail' }), [...found.values()]), 'failed');
  });
});

describe('the time of SC-001', () => {
  const row = (released: Figures['released'], different = {}, figures: Partial<Figures> = {}): string =>
    read(rows({ ...PRODUCTION, ...different }, { released, ...figures }).get('SC-001'));

  test('is measured from the creation of the deployment', () => {
    assert.equal(
      row({ seconds: 41.26 }),
      'pass: 41.3 s from the creation of the deployment to the first healthy response seen of its commit. | Passed: release-live',
    );
  });

  test('is not measured if the first poll came after five minutes', () => {
    assert.equal(
      row({ notMeasured: 'not measured, first seen after 407 s' }),
      'not measured: Not measured, first seen after 407 s. | Passed: release-live',
    );
  });

  test('is not measured without an expected release, and does not change the verdict', () => {
    assert.match(
      row(undefined, { 'release-live': 'not applicable' }),
      /^not measured: Not measured in this run\. .* \| Measured by the rehearsal's check release-live$/,
    );
    assert.equal(
      verdictOf(checks(PRODUCTION), [...rows({ ...PRODUCTION, 'release-live': 'not applicable' }, { released: undefined }).values()]),
      'proven',
    );
  });

  test('is a failure if the release was not live', () => {
    assert.equal(row(undefined, { 'release-live': 'fail' }), 'fail: Failed: release-live');
    assert.equal(row(undefined, { 'release-live': 'inconclusive' }), 'inconclusive: Inconclusive: release-live');
  });

  test('is never passed without a measurement', () => {
    assert.match(row(undefined), /^not measured: /);
  });
});

describe('the rate of SC-003', () => {
  test('is stated', () => {
    assert.match(
      read(rows(PRODUCTION).get('SC-003')),
      /^pass: 31 of 31 disallowed origins rejected \(8 in a browser, 31 over raw HTTP\)\. \| Passed: /,
    );
  });

  test('is stated if some were not rejected', () => {
    const origins = { tried: 31, rejected: 30, inBrowser: 8, overHttp: 31 };
    assert.match(
      read(rows({ ...PRODUCTION, 'wire-refused-origins': 'fail' }, { origins }).get('SC-003')),
      /^fail: 30 of 31 disallowed origins rejected/,
    );
  });

  test('is not a pass without a tested origin, or if it contradicts the checks', () => {
    for (const [tried, rejected] of [
      [0, 0],
      [2, 1],
    ] as const)
      assert.equal(rows(PRODUCTION, { origins: { tried, rejected, inBrowser: 0, overHttp: tried } }).get('SC-003')?.outcome, 'not proven');
  });
});

describe('the time of SC-004', () => {
  const row = (command: Figures['command'], different = {}): string => read(rows({ ...PRODUCTION, ...different }, { command }).get('SC-004'));

  test('is the duration of the whole command, with its waits', () => {
    assert.equal(
      row({ ms: 59_900, deploymentMs: 0, limiterMs: 14_000, historyMs: 1_840 }),
      'pass: 59.9 s for the whole command, of which wait for the deployment 0.0 s, rate limit 14.0 s, first history scan 1.8 s. | Passed: time-budget',
    );
  });

  test('is not met from 60 s on, even because of the wait for the rate limit', () => {
    assert.equal(
      row({ ms: 60_000, deploymentMs: 0, limiterMs: 14_000, historyMs: 1_840 }),
      'not met: not met in this run: 60.0 s, of which rate limit 14.0 s, first history scan 1.8 s. | Passed: time-budget',
    );
  });

  test('excludes the wait for the deployment, and states this', () => {
    assert.match(
      row({ ms: 95_000, deploymentMs: 45_000, limiterMs: 0, historyMs: 0 }),
      /^pass: 95\.0 s for the whole command, of which wait for the deployment 45\.0 s, .*; 50\.0 s without the wait for the deployment\. /,
    );
    assert.match(
      row({ ms: 125_000, deploymentMs: 45_000, limiterMs: 0, historyMs: 0 }),
      /^not met: not met in this run: 80\.0 s, .* The wait for the deployment \(45\.0 s\) is not counted\./,
    );
  });

  test('does not change the verdict', () => {
    const found = rows(PRODUCTION, { command: { ms: 90_000, deploymentMs: 0, limiterMs: 40_000, historyMs: 0 } });
    assert.equal(verdictOf(checks(PRODUCTION), [...found.values()]), 'proven');
  });

  test('is a failure if the check of the budget failed', () => {
    assert.match(row({ ms: 90_000, deploymentMs: 0, limiterMs: 0, historyMs: 0 }, { 'time-budget': 'fail' }), /^fail: not met in this run: 90\.0 s/);
  });
});

describe('the values of SC-002', () => {
  test('are named if the audit does not have them, and the requirement passes only in part', () => {
    assert.match(
      read(rows(PRODUCTION, { unknownSecrets: ['DATABASE_URL'] }).get('SC-002')),
      /^pass in part: .*Not searched by value, because the audit does not have the values of `DATABASE_URL`\.$/,
    );
  });
});

describe('the lists of US3.2', () => {
  test('are counted', () => {
    assert.match(
      read(rows(PRODUCTION).get('US3.2')),
      /^pass in part: The Markdown report lists 15 endpoints, 16 environment variables and 11 security measures\. \| .*tested by service\/openapi\/generate\.test\.ts$/,
    );
    assert.match(
      read(rows(PRODUCTION, { listed: { endpoints: 1, variables: 1, measures: 1 } }).get('US3.2')),
      /1 endpoint, 1 environment variable and 1 security measure\./,
    );
  });

  test('are not proven without an endpoint', () => {
    assert.equal(rows(PRODUCTION, { listed: { endpoints: 0, variables: 16, measures: 11 } }).get('US3.2')?.outcome, 'not proven');
  });
});

describe('the requirements of another API', () => {
  const stated = {
    'R-1': { text: 'Only the app can call the API', checks: ['wire-refused-origins', 'browser-foreign-origin'] },
    'R-2': { text: 'The API starts from its Procfile', checks: ['procfile-entry'] },
  };
  const read = (different: Readonly<Record<string, Outcome>>): string[] =>
    statedRequirements(checks(different), stated).map(
      ({ id, demand, outcome, proof }) =>
        `${id} ${demand}: ${outcome}. ${proof.map(({ says, checks: ids }) => `${says} ${ids.join(', ')}`).join(' ')}`,
    );

  test('have the outcome of their checks', () => {
    assert.deepEqual(read({ 'wire-refused-origins': 'fail' }), [
      'R-1 Only the app can call the API: fail. Failed: wire-refused-origins Passed: browser-foreign-origin',
      'R-2 The API starts from its Procfile: pass. Passed: procfile-entry',
    ]);
  });

  test('are not proven by checks that do not apply', () => {
    const different = { 'procfile-entry': 'not applicable' } as const;
    assert.equal(read(different)[1], 'R-2 The API starts from its Procfile: not proven. Not applicable: procfile-entry');
    assert.equal(verdictOf(checks(different), statedRequirements(checks(different), stated)), 'not proven');
  });
});

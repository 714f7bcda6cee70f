import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScenarioFigures } from '../trial/scenario.ts';
import { hasSurvived, isNotRun, renderResults, type ScenarioResult } from './results-table.ts';

const figures: ScenarioFigures = {
  requests: 1200,
  succeeded: 1100,
  unavailable: 99,
  other: 1,
  slowestMs: 12_345,
  acknowledged: 700,
  lost: 2,
  doubled: 3,
  recoveryMs: 149.6,
  healthWrong: 4,
  breaches: [],
};
const survived: ScenarioResult = { scenario: { name: 'calm', title: 'nothing done' }, figures };
const broken: ScenarioResult = {
  scenario: { name: 'storm', title: 'all of it' },
  figures: { ...figures, recoveryMs: undefined, breaches: ['it fell', 'it lay'] },
};
const notRun: ScenarioResult = { scenario: { name: 'pooled', title: 'a pooler' }, obstacle: 'pgbouncer is not installed' };
const failed: ScenarioResult = { scenario: { name: 'odd', title: 'no port' }, error: 'the scenario failed: no port' };

test('renders a table, the breaches and the number of survived faults', () => {
  assert.equal(
    renderResults([survived, broken, notRun, failed]),
    `\
| fault              | requests |  2xx | 503 | other | slowest (s) | acknowledged | lost | doubled | recovery (ms) | health wrong | verdict                             |
| :----------------- | -------: | ---: | --: | ----: | ----------: | -----------: | ---: | ------: | ------------: | -----------: | :---------------------------------- |
| calm: nothing done |     1200 | 1100 |  99 |     1 |        12.3 |          700 |    2 |       3 |           150 |            4 | survived                            |
| storm: all of it   |     1200 | 1100 |  99 |     1 |        12.3 |          700 |    2 |       3 |          none |            4 | broken                              |
| pooled: a pooler   |        – |    – |   – |     – |           – |            – |    – |       – |             – |            – | not run: pgbouncer is not installed |
| odd: no port       |        – |    – |   – |     – |           – |            – |    – |       – |             – |            – | not carried out                     |

- storm: it fell
- storm: it lay
- odd: the scenario failed: no port

4 faults, 1 survived, 1 not run`,
  );
});

test('renders no list without breaches', () => {
  assert.match(renderResults([survived]), /survived +\|\n\n1 fault, 1 survived$/);
});

test('only a run without breaches has survived, and only an obstacle excuses a missing run', () => {
  assert.deepEqual([survived, broken, notRun, failed].map(hasSurvived), [true, false, false, false]);
  assert.deepEqual([survived, broken, notRun, failed].map(isNotRun), [false, false, true, false]);
});

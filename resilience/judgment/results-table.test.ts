import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Figures } from '../trial/scenario.ts';
import { hasSurvived, isNotRun, renderResults, type Result } from './results-table.ts';

const figures: Figures = {
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
const survived: Result = { scenario: { name: 'calm', title: 'nothing done' }, figures };
const broken: Result = {
  scenario: { name: 'storm', title: 'all of it' },
  figures: { ...figures, recoveryMs: undefined, breaches: ['it fell', 'it lay'] },
};
const notRun: Result = { scenario: { name: 'pooled', title: 'a pooler' }, obstacle: 'pgbouncer is not installed' };
const failed: Result = { scenario: { name: 'odd', title: 'no port' }, error: 'it could not be carried out: no port' };

test('results are a table, what was broken, and the count', () => {
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
- odd: it could not be carried out: no port

4 faults, 1 survived, 1 not run`,
  );
});

test('nothing is listed where nothing broke', () => {
  assert.match(renderResults([survived]), /survived +\|\n\n1 faults, 1 survived$/);
});

test('only a run without a breach has survived, and only an obstacle excuses a run', () => {
  assert.deepEqual([survived, broken, notRun, failed].map(hasSurvived), [true, false, false, false]);
  assert.deepEqual([survived, broken, notRun, failed].map(isNotRun), [false, false, true, false]);
});

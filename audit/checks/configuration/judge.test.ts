import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Variable } from '../../contract/contract.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { ConfigurationEvidence } from './gather.ts';
import { exchange, examine, inspection, nth, removeResponse } from '../../test/exchanges.ts';
import { judgeDecisions, judgeDependencies, judgeFallbacks, judgeOtherDecisions, judgePool, judgePort, judgeProcfile } from './judge.ts';

function configuration(procfile: string | undefined = 'web: node dist/server.js\n'): ConfigurationEvidence {
  const decision = (id: string, checks: readonly string[], saysWhyNot = false): ConfigurationEvidence['decisions'][number] => ({
    id,
    file: `adr/${id}.md`,
    title: id,
    status: 'accepted',
    checks,
    saysWhyNot,
  });
  return {
    inspection: inspection('Procfile and decision records'),
    procfile,
    fallbacks: [],
    pool: [{ setting: 'max', decided: 10, built: 10 }],
    unlocked: [],
    node: 26,
    decisions: [decision('0001', ['one-check', 'other-check']), decision('0002', [], true), decision('0003', ['one-check'])],
  };
}

examine('judgeProcfile', judgeProcfile, () => configuration(), [
  ['there is no Procfile', (evidence) => (evidence.procfile = undefined), 'fail', 'not-direct'],
  ['the Procfile is empty', (evidence) => (evidence.procfile = ''), 'fail', 'not-direct'],
  ['no web line', (evidence) => (evidence.procfile = 'release: node dist/migrate.js\n'), 'fail', 'not-direct'],
  ['starts npm', (evidence) => (evidence.procfile = 'web: npm start\n'), 'fail', 'not-direct'],
  ['starts a shell', (evidence) => (evidence.procfile = 'web: sh -c "node dist/server.js"\n'), 'fail', 'not-direct'],
  ['runs after another command', (evidence) => (evidence.procfile = 'web: node dist/migrate.js && node dist/server.js\n'), 'fail', 'not-direct'],
  ['runs in the background', (evidence) => (evidence.procfile = 'web: node dist/server.js & sleep 1.js\n'), 'fail', 'not-direct'],
  ['starts the sources instead of the build', (evidence) => (evidence.procfile = 'web: node service/server.ts\n'), 'fail', 'not-direct'],
]);

function variables(): Variable[] {
  const variable = (name: string, secret: boolean): Variable => ({ name, required_in: ['production'], secret, description: name, default: {} });
  return [
    ...['DATABASE_URL', 'JWT_SECRET', 'BETTER_AUTH_SECRET'].map((name) => variable(name, true)),
    ...['CORS_ORIGINS', 'PORT'].map((name) => variable(name, false)),
  ];
}

examine(
  'judgePort',
  ({ settings, reached }: { settings: Variable[]; reached: Exchange }) => judgePort(configuration(), settings, reached),
  () => ({ settings: variables(), reached: exchange({ path: '/health' }) }),
  [
    ['PORT is optional', ({ settings }) => (nth(settings, 4).required_in = ['test']), 'fail', 'port-not-required'],
    ['PORT has a default in production', ({ settings }) => (nth(settings, 4).default = { production: 8080 }), 'fail', 'port-not-required'],
    ['PORT has a default elsewhere', ({ settings }) => (nth(settings, 4).default = { development: 8080 }), 'pass'],
    ['the inventory does not contain PORT', (evidence) => (evidence.settings = []), 'inconclusive', 'no-inventory'],
    ['the target does not respond', ({ reached }) => removeResponse(reached), 'inconclusive', 'no-answer'],
  ],
  {},
);

examine(
  'judgeFallbacks',
  ({ settings, evidence }: { settings: Variable[]; evidence: ConfigurationEvidence }) => judgeFallbacks(evidence, settings),
  () => ({ settings: variables(), evidence: configuration() }),
  [
    ['a source file has a literal as a default', ({ evidence }) => (evidence.fallbacks = ['service/config.ts']), 'fail', 'secret-has-fallback'],
    ['git does not list the sources', ({ evidence }) => (evidence.sourcesProblem = 'git is not installed: install it'), 'inconclusive', 'no-sources'],
    ['a secret has a default in production', ({ settings }) => (nth(settings, 1).default = { production: 'secret' }), 'fail', 'secret-has-default'],
    ['a secret has a default in development', ({ settings }) => (nth(settings, 2).default = { development: 'secret' }), 'fail', 'secret-has-default'],
    ['the list of origins has a default', ({ settings }) => (nth(settings, 3).default = { production: '*' }), 'fail', 'not-required'],
    ['a secret is optional in production', ({ settings }) => (nth(settings, 1).required_in = ['development']), 'fail', 'not-required'],
    [
      'a secret is not in the inventory',
      (evidence) => (evidence.settings = evidence.settings.filter(({ name }) => name !== 'JWT_SECRET')),
      'fail',
      'not-required',
    ],
    ['the inventory has no secrets', ({ settings }) => settings.forEach((each) => (each.secret = false)), 'inconclusive', 'nothing-observed'],
    ['an empty inventory', (evidence) => (evidence.settings = []), 'inconclusive', 'nothing-observed'],
  ],
);

type Decided = { evidence: ConfigurationEvidence; checks: { id: string; adr: string }[] };
examine(
  'judgeDecisions',
  ({ evidence, checks }: Decided) => judgeDecisions(evidence, checks),
  (): Decided => ({
    evidence: configuration(),
    checks: [
      { id: 'one-check', adr: '0001' },
      { id: 'other-check', adr: '0001' },
    ],
  }),
  [
    ['a check names a decision that does not exist', ({ checks }) => (nth(checks).adr = '0009'), 'fail', 'check-unconfirmed'],
    ['a check names a decision that does not name it', ({ checks }) => (nth(checks).adr = '0002'), 'fail', 'check-unconfirmed'],
    ['a decision is not accepted', ({ evidence }) => (nth(evidence.decisions).status = 'superseded'), 'fail', 'check-unconfirmed'],
    [
      'a decision names no check and does not state why',
      ({ evidence }) => (nth(evidence.decisions, 1).saysWhyNot = false),
      'fail',
      'decision-unconfirmed',
    ],
    [
      'a decision names a check that does not exist',
      ({ evidence }) => (nth(evidence.decisions, 1).checks = ['no-such-check']),
      'fail',
      'unknown-check',
    ],
    ['there are no decisions', ({ evidence }) => (evidence.decisions = []), 'fail', 'check-unconfirmed'],
    ['there are no checks and no decisions', (given) => ((given.evidence.decisions = []), (given.checks = [])), 'inconclusive', 'nothing-observed'],
  ],
);

examine(
  'judgeOtherDecisions',
  (evidence: ConfigurationEvidence) => judgeOtherDecisions(evidence, new Set(['one-check', 'other-check'])),
  configuration,
  [
    ['a decision that names a check is not accepted', (evidence) => (nth(evidence.decisions).status = 'proposed'), 'fail', 'not-accepted'],
    ['a decision about something else is not accepted', (evidence) => (nth(evidence.decisions, 1).status = 'proposed'), 'pass'],
    ['a decision states nothing about checks', (evidence) => (nth(evidence.decisions, 1).saysWhyNot = false), 'pass'],
    ['a decision names a check that does not exist', (evidence) => (nth(evidence.decisions).checks = ['no-such-check']), 'fail', 'unknown-check'],
    ['no decision names a check', (evidence) => (evidence.decisions = evidence.decisions.slice(1, 2)), 'not applicable'],
  ],
);

const POOLED = [{ name: 'DATABASE_POOL_MAX', required_in: [], secret: false, description: 'Most connections', default: { production: 10 } }];
examine(
  'judgePool',
  (evidence: ConfigurationEvidence) => judgePool(evidence, POOLED),
  () => configuration(),
  [
    ['the source has another value', ({ pool }) => (nth(pool ?? []).built = 20), 'fail', 'pool-differs'],
    ['the source does not set the value', ({ pool }) => (nth(pool ?? []).built = undefined), 'fail', 'pool-differs'],
    ['the decision names no value', (evidence) => (evidence.pool = []), 'inconclusive', 'nothing-observed'],
    ['the decision or the source is missing', (evidence) => (evidence.pool = undefined), 'inconclusive', 'pool-not-found'],
  ],
);

test('judgePool does not apply to an API without a pool', () => {
  assert.equal(judgePool({ ...configuration(), pool: undefined }, []).outcome, 'not applicable');
});

examine('judgeDependencies', judgeDependencies, () => configuration(), [
  ['a package is not in the lockfile', (evidence) => (evidence.unlocked = ['express']), 'fail', 'lockfile-differs'],
  ['there is no lockfile', (evidence) => (evidence.unlocked = undefined), 'fail', 'lockfile-differs'],
  ['Node is past its end of life', (evidence) => (evidence.node = 20), 'fail', 'node-unsupported'],
  ['Node is older than the schedule', (evidence) => (evidence.node = 18), 'fail', 'node-unsupported'],
  ['the schedule does not contain the version of Node', (evidence) => (evidence.node = 27), 'inconclusive', 'node-unknown'],
  ['package.json names no version of Node', (evidence) => (evidence.node = undefined), 'inconclusive', 'node-unknown'],
  ['the repository has no npm package', (evidence) => ((evidence.unlocked = undefined), (evidence.node = undefined)), 'not applicable'],
]);

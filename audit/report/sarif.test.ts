import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { checkIds, checkOf } from '../checks/catalog.ts';
import { readDecisions } from '../checks/configuration/gather.ts';
import type { CheckResult, Run } from '../run/run.ts';
import { renderSarif } from './sarif.ts';
import { assertGolden, frozenRun, unstartedRun } from '../test/frozen-run.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');

type Rule = { id: string; shortDescription: { text: string }; properties: Readonly<Record<string, unknown>> };
type Result = {
  ruleId: string;
  ruleIndex: number;
  level: string;
  message: { text: string };
  locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
  partialFingerprints: { primaryLocationLineHash: string };
};
type Log = { runs: [{ tool: { driver: { rules: Rule[] } }; invocations: { exitCode: number; executionSuccessful: boolean }[]; results: Result[] }] };

const logOf = (run: Run): Log => JSON.parse(renderSarif(run)) as Log;

const text = (most: number): object => ({ type: 'string', minLength: 1, maxLength: most });
const object = (properties: Readonly<Record<string, object>>): object => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});
const list = (items: object, most: number): object => ({ type: 'array', minItems: 1, maxItems: most, items });

/**
 * GitHub's requirements and limits for each property it reads (documentation of SARIF support, tables "Supported SARIF
 * output file properties" and the limits of an upload). Closed: what is not here is not written either.
 */
const GITHUB = object({
  $schema: { const: 'https://json.schemastore.org/sarif-2.1.0.json' },
  version: { const: '2.1.0' },
  runs: list(
    object({
      tool: object({
        driver: object({
          name: text(255),
          rules: list(
            object({
              id: text(255),
              shortDescription: object({ text: text(1_024) }),
              fullDescription: object({ text: text(1_024) }),
              defaultConfiguration: object({ level: { enum: ['note', 'warning', 'error'] } }),
              help: object({ text: text(100_000), markdown: text(100_000) }),
              properties: object({
                tags: list(text(100), 10),
                precision: { enum: ['very-high', 'high', 'medium', 'low'] },
                'security-severity': { type: 'string', pattern: '^\\d+\\.\\d$' },
              }),
            }),
            25_000,
          ),
        }),
      }),
      automationDetails: object({ id: { type: 'string', pattern: '^[^/]+/' } }),
      invocations: list(
        object({
          executionSuccessful: { type: 'boolean' },
          exitCode: { type: 'integer' },
          exitCodeDescription: text(1_000),
          startTimeUtc: { type: 'string', format: 'date-time' },
          endTimeUtc: { type: 'string', format: 'date-time' },
        }),
        1,
      ),
      results: {
        type: 'array',
        maxItems: 5_000,
        items: object({
          ruleId: text(255),
          ruleIndex: { type: 'integer', minimum: 0 },
          level: { enum: ['note', 'warning', 'error'] },
          message: object({ text: text(100_000) }),
          locations: list(
            object({
              physicalLocation: object({
                // From the root of the repository: no scheme, no host, no way out.
                artifactLocation: object({ uri: { type: 'string', pattern: '^(?!/|[a-z]+:|.*\\.\\.)', format: 'uri-reference' } }),
                region: object({
                  startLine: { type: 'integer', minimum: 1 },
                  startColumn: { type: 'integer', minimum: 1 },
                  endLine: { type: 'integer', minimum: 1 },
                  endColumn: { type: 'integer', minimum: 2 },
                }),
              }),
            }),
            10,
          ),
          partialFingerprints: object({ primaryLocationLineHash: { type: 'string', pattern: '^[0-9a-f]{16}:1$' } }),
          properties: object({ outcome: text(100), code: text(100) }),
        }),
      },
      columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
    }),
    20,
  ),
});

describe('the SARIF log', () => {
  test('of a frozen run is the golden one, without the rules that were not broken', () => {
    const log = logOf(frozenRun());
    const [run] = log.runs;
    const broken = new Set(run.results.map(({ ruleId }) => ruleId));
    run.tool.driver.rules = run.tool.driver.rules.filter(({ id }) => broken.has(id));
    for (const result of run.results) result.ruleIndex = 0;
    assertGolden('audit.sarif', `${JSON.stringify(log, null, 2)}\n`);
  });

  test('has exactly the properties that GitHub requires', () => {
    const ajv = new Ajv2020({ allErrors: true });
    addFormats.default(ajv);
    const validate = ajv.compile(GITHUB);
    for (const run of [frozenRun(), unstartedRun(), { ...frozenRun(), checks: [] }])
      assert.ok(validate(JSON.parse(renderSarif(run))), ajv.errorsText(validate.errors, { separator: '\n' }));
  });

  test('has a rule for each check, and results only for checks that failed or are not proven', () => {
    const [{ tool, results }] = logOf(frozenRun()).runs;
    const rules = tool.driver.rules.map(({ id }) => id);
    assert.deepEqual(rules, checkIds);
    assert.deepEqual(
      results.map(({ ruleId, level }) => [ruleId, level]),
      [
        ['wire-refused-writes', 'error'],
        ['secrets-by-value', 'note'],
        ['health-shape', 'warning'],
      ],
    );
    for (const { ruleId, ruleIndex } of results) assert.equal(rules[ruleIndex], ruleId);
  });

  test('has the severity and the headline of the worst failure in its rule', () => {
    const run = frozenRun();
    const checks = run.checks.map((check): CheckResult =>
      check.id === 'isolation-by-id' ? { ...check, outcome: 'fail', code: 'existence-shown', severity: 'medium' } : check,
    );
    const ruleOf = (given: Run): unknown => {
      const { rules } = logOf(given).runs[0].tool.driver;
      return rules.filter(({ id }) => id === 'isolation-by-id').map((rule) => [rule.shortDescription.text, rule.properties['security-severity']]);
    };
    assert.deepEqual(ruleOf({ ...run, checks }), [['A tenant can find out which ids belong to objects of other tenants', '5.5']]);
    assert.deepEqual(ruleOf(run), [["A tenant can reach another tenant's object by its id", '9.5']]);
  });

  test('locates every result in a file of this repository', async () => {
    const decisions = await readDecisions(path.join(ROOT, 'adr'));
    assert.ok(decisions.length > 20);
    const files = checkIds.flatMap((id) => checkOf(id).file ?? []);
    assert.ok(files.length > 40);
    for (const file of files) assert.ok(statSync(path.join(ROOT, file)).isFile(), file);
    for (const run of [frozenRun(), unstartedRun()])
      for (const { locations } of logOf(run).runs[0].results)
        for (const { physicalLocation } of locations) assert.ok(existsSync(path.join(ROOT, decodeURI(physicalLocation.artifactLocation.uri))));
  });

  test('gives a finding the same fingerprint in every run, and different findings different ones', () => {
    const fingerprints = (run: Run): string[] =>
      logOf(run).runs[0].results.map(({ partialFingerprints }) => partialFingerprints.primaryLocationLineHash);
    const later = {
      ...frozenRun(),
      started_at: '2026-12-24T00:00:00.000Z',
      checks: frozenRun().checks.map((check) => ({ ...check, summary: 'another summary' })),
    };
    assert.deepEqual(fingerprints(later), fingerprints(frozenRun()));
    assert.equal(new Set(fingerprints(unstartedRun())).size, checkIds.length);
  });

  test('states the exit code and whether the audit could complete its checks', () => {
    const invocation = (run: Run): unknown[] =>
      logOf(run).runs[0].invocations.map(({ exitCode, executionSuccessful }) => [exitCode, executionSuccessful]);
    const all = (outcome: 'pass' | 'fail'): Run['checks'] => frozenRun().checks.map((check) => ({ ...check, outcome }));
    assert.deepEqual(invocation(unstartedRun()), [[2, false]]);
    assert.deepEqual(invocation(frozenRun()), [[1, false]]);
    assert.deepEqual(invocation({ ...frozenRun(), verdict: 'failed', checks: all('fail') }), [[1, true]]);
    assert.deepEqual(invocation({ ...frozenRun(), verdict: 'proven', checks: all('pass') }), [[0, true]]);
  });

  test('has no links from a response in its messages', () => {
    for (const { message } of logOf(frozenRun()).runs[0].results) assert.doesNotMatch(message.text, /(?<!\\)\[[^\]]*\]\(/);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkOf } from '../checks/catalog.ts';
import { annotationsOf, renderSummary } from './github.ts';
import { oneLine } from './plain-text.ts';
import type { Run } from '../run/run.ts';
import { assertGolden, frozenRun, NASTY, unstartedRun } from '../test/frozen-run.ts';

/** Reads a command as the runner does: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs */
function read(line: string): { kind: string; properties: Record<string, string>; message: string } {
  const [, kind = '', properties = '', message = ''] = /^::(\w+) ([^:]*)::(.*)$/s.exec(line) ?? [];
  const unescape = (text: string): string =>
    text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%');
  return {
    kind,
    properties: Object.fromEntries(
      properties.split(',').map((pair) => {
        const [name = '', value = ''] = pair.split('=');
        return [name, unescape(value)];
      }),
    ),
    message: unescape(message),
  };
}

describe('annotations', () => {
  test('mark the file of each finding: failures as errors, all others as warnings', () => {
    assert.deepEqual(
      annotationsOf(frozenRun()).map((line) => {
        const { kind, properties } = read(line);
        return [kind, properties];
      }),
      [
        ['error', { file: 'service/middleware/cross-origin.ts', line: '1', title: 'wire-refused-writes: fail' }],
        [
          'warning',
          {
            file: 'package.json',
            line: '1',
            title: 'secrets-by-value: not run',
          },
        ],
        ['warning', { file: 'service/routes/health.ts', line: '1', title: 'health-shape: inconclusive' }],
      ],
    );
  });

  test('fit on one line each and contain the summary', () => {
    const [first = ''] = annotationsOf(frozenRun());
    assert.doesNotMatch(first, /[\r\n]/);
    assert.equal(read(first).message, oneLine(`${checkOf('wire-refused-writes').failed}: ${NASTY}`));
    assert.match(first, / %250A::error::$/, 'a response cannot add a command');
  });

  test('are at most ten of a kind, because GitHub silently drops the others', () => {
    const failed: Run = {
      ...unstartedRun(),
      checks: unstartedRun().checks.map((check, index) => ({ ...check, outcome: index % 2 === 0 ? 'fail' : 'not run' })),
    };
    const kinds = annotationsOf(failed).map((line) => read(line).kind);
    assert.deepEqual(kinds, [...Array.from({ length: 10 }, () => 'error'), ...Array.from({ length: 10 }, () => 'warning')]);
  });

  test('are absent without findings', () => {
    assert.deepEqual(annotationsOf({ ...frozenRun(), checks: frozenRun().checks.map((check) => ({ ...check, outcome: 'pass' })) }), []);
  });
});

describe('the summary of a job', () => {
  test('of a frozen run is the golden one', () => assertGolden('summary.md', renderSummary(frozenRun())));

  test('states the verdict first, and has no links because they would not resolve to the repository', () => {
    for (const [verdict, word] of [
      ['proven', 'PROVEN'],
      ['failed', 'FAILED'],
      ['not proven', 'NOT PROVEN'],
    ] as const) {
      const summary = renderSummary({ ...frozenRun(), verdict });
      assert.match(summary, new RegExp(`^## Audit: ${word}\n`));
      assert.doesNotMatch(summary.replaceAll(/`[^`\n]*`/g, ''), /(?<!\\)\]\(/);
    }
  });

  test('stays far below the mebibyte that GitHub accepts, even if every check is open', () => {
    const longest = unstartedRun().checks.map((check) => ({ ...check, summary: 'x'.repeat(10_000) }));
    assert.ok(Buffer.byteLength(renderSummary({ ...unstartedRun(), checks: longest })) < 200_000);
  });
});

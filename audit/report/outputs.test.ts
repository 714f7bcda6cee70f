import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { renderAll } from './outputs.ts';
import { frozenRun } from '../test/frozen-run.ts';

/** The targets of links to files of the repository. */
function linksOf(reportFile: string): string[] {
  const text = renderAll(frozenRun(), { runFile: '.audit/run.json', reportFile })[reportFile] ?? '';
  return [...text.matchAll(/\]\(([^)]*(?:adr|docs\/checks)\/[^)]+)\)/g)].map(([, target = '']) => target);
}

describe('links of a report', () => {
  for (const reportFile of ['AUDIT_REPORT.md', '.audit/AUDIT_REPORT.md', 'reports/2026/november.md'])
    test(`resolve from ${reportFile}`, () => {
      const links = linksOf(reportFile);
      assert.ok(links.some((link) => link.includes('docs/checks/')));
      for (const link of links) assert.ok(existsSync(path.join(path.dirname(path.resolve(reportFile)), link)), link);
    });

  test('do not reveal the path of the repository from outside of it', () => {
    const links = linksOf(path.join(tmpdir(), 'report.md'));
    assert.ok(links.length > 0);
    assert.deepEqual(
      links.filter((link) => link.includes('..')),
      [],
    );
  });
});

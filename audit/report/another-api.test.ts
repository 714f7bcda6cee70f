import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkIds } from '../checks/catalog.ts';
import type { Outcome } from '../model/verdict.ts';
import { statedReferences } from '../run/references.ts';
import { statedRequirements } from '../run/requirement-rows.ts';
import { resultsOf, type Run } from '../run/run.ts';
import { frozenRun } from '../test/frozen-run.ts';
import { renderSummary } from './github.ts';
import { renderAll } from './outputs.ts';

const FILES = { runFile: 'reports/run.json', reportFile: 'reports/AUDIT_REPORT.md' };
const REQUIREMENTS = { 'SEC-7': { text: 'Only the app can call the API', checks: ['wire-refused-origins'] } };
const DECISION = { id: '0042', file: 'decisions/0042-list-the-origins.md', title: 'List the origins', status: 'accepted', saysWhyNot: false };

/** A run in which every check has this outcome. */
function runOf(outcome: Outcome, requirements: typeof REQUIREMENTS | Record<string, never>, decisions: Run['decisions']): Run {
  const checks = resultsOf(new Map(), [], (id) => statedReferences(id, decisions, requirements, '../contract.json')).map((check) => ({
    ...check,
    outcome,
    summary: 'What was observed.',
  }));
  return { ...frozenRun(), own_contract: false, checks, decisions, requirements: statedRequirements(checks, requirements), cors: [], isolation: [] };
}

/** Every report, without styles and without links to public documents. */
function textsOf(run: Run): Record<string, string> {
  const all = { ...renderAll(run, FILES), summary: renderSummary(run) };
  const ignored = /<style>[\s\S]*?<\/style>|\[[^\]]*\]\(https:[^)]*\)/g;
  return Object.fromEntries(Object.entries(all).map(([name, text]) => [name, text.replace(ignored, '')]));
}

describe('the reports of another API', () => {
  for (const outcome of ['pass', 'fail', 'inconclusive'] as const)
    test(`name no requirement, decision, file or setting of this repository's API: ${outcome}`, () => {
      for (const [name, text] of Object.entries(textsOf(runOf(outcome, {}, [])))) {
        assert.ok(text.length > 100, name);
        assert.deepEqual(
          text.match(/.{0,60}(\b(FR|SC|US|EC|PLAN)-?\d|\badr\b|TRUST_PROXY|CORS_ORIGINS|API_DOCS|service\/|Railway|Neon).{0,60}/g),
          null,
          name,
        );
      }
    });

  test('name the requirements of the config file and the decisions of its folder', () => {
    const texts = textsOf(runOf('fail', REQUIREMENTS, [{ ...DECISION, checks: ['wire-refused-origins'] }]));
    const report = texts[FILES.reportFile] ?? '';
    assert.match(report, /\| SEC-7 \| Only the app can call the API \| \*\*fail\*\* \| Failed: `wire-refused-origins`\. \|/);
    assert.match(report, /`wire-refused-origins`, fail \([\w-]+\), decision \[0042\]\(\S*decisions\/0042-list-the-origins\.md\), SEC-7/);
    const html = Object.entries(texts).find(([name]) => name.endsWith('.html'))?.[1] ?? '';
    assert.match(html, /<b>SEC-7<\/b> Only the app can call the API/);
    assert.equal(html.match(/<td class="adr">/g)?.length, checkIds.length);
  });
});

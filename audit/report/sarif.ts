import { createHash } from 'node:crypto';
import { type CheckId, checkIds, checkOf, isCheckId } from '../checks/catalog.ts';
import { EXIT_CODE } from '../run/exit-code.ts';
import type { Outcome } from '../model/verdict.ts';
import { sources } from '../checks/references.ts';
import { curlLine } from './curl.ts';
import type { Severity } from '../checks/check.ts';
import { type CheckResult, type Run } from '../run/run.ts';
import { acceptance, countsOf, openFindings } from './sentences.ts';

/** GitHub takes over 9.0 for critical, from 7.0 for high, from 4.0 for medium. */
const SCORE: Readonly<Record<Severity, string>> = { critical: '9.5', high: '8.0', medium: '5.5', low: '2.0' };
const LEVEL: Readonly<Partial<Record<Outcome, string>>> = { fail: 'error', inconclusive: 'warning', 'not run': 'note' };
/** GitHub shows no more of a title or description. */
const LONGEST = 1_024;

/**
 * SARIF 2.1.0 with what GitHub's code scanning needs of it:
 * https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
 * A result stands at a file of the repository, because GitHub takes no other location.
 */
export function renderSarif(run: Run): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'audit', rules: checkIds.map(rule) } },
        automationDetails: { id: 'audit/' },
        invocations: [
          {
            // Whether the audit could do its work, not whether it liked what it saw.
            executionSuccessful: run.checks.every(({ outcome }) => outcome !== 'inconclusive' && outcome !== 'not run'),
            exitCode: EXIT_CODE[run.verdict],
            exitCodeDescription: `${run.verdict}: ${countsOf(run)}`,
            startTimeUtc: run.started_at,
            endTimeUtc: new Date(Date.parse(run.started_at) + run.duration_ms).toISOString(),
          },
        ],
        results: openFindings(run).flatMap(resultOf),
        columnKind: 'utf16CodeUnits',
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function rule(id: CheckId): unknown {
  const { area, severity, title, failed, why, fix, general, requirements, adr, sources: used } = checkOf(id);
  const parts = [
    ['What must hold', `${title}.`],
    ['Why it matters', why],
    ['How to fix', fix],
    ['In any API', general],
    ['Decision', `${adr}, for ${requirements.join(', ')}. More in docs/checks/${id}.md.`],
  ] as const;
  const links = used.map((source) => `- [${sources[source].title}](${sources[source].url})`);
  return {
    id,
    shortDescription: { text: cut(failed) },
    fullDescription: { text: cut(`${title}. ${why}`) },
    defaultConfiguration: { level: 'error' },
    help: {
      text: parts.map(([name, text]) => `${name}: ${text}`).join('\n\n'),
      markdown: [...parts.map(([name, text]) => `**${name}.** ${text}`), ...(links.length > 0 ? [links.join('\n')] : [])].join('\n\n'),
    },
    properties: { tags: ['security', area], precision: 'very-high', 'security-severity': SCORE[severity] },
  };
}

function resultOf(result: CheckResult): unknown[] {
  if (!isCheckId(result.id)) return [];
  const says = [result.outcome === 'fail' ? result.summary : `${result.outcome}: ${result.summary}`, acceptance(result)].filter(Boolean).join(' ');
  const shown = result.evidence.flatMap(({ exchanges }) => exchanges).slice(0, 1);
  const seen = shown.map((exchange) => `${curlLine(exchange)}\nanswered ${exchange.answer}`);
  return [
    {
      ruleId: result.id,
      ruleIndex: checkIds.indexOf(result.id),
      level: result.accepted === null ? (LEVEL[result.outcome] ?? 'warning') : 'warning',
      message: { text: escapeLinks([says, ...seen].join('\n\n')) },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: encodeURI(result.file) },
            region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 },
          },
        },
      ],
      // The same finding in two runs is one alert: what was seen may read otherwise each time.
      partialFingerprints: { primaryLocationLineHash: `${createHash('sha256').update(result.id).digest('hex').slice(0, 16)}:1` },
      properties: { outcome: result.outcome, code: result.code },
    },
  ];
}

/** In a message `[text](target)` is a link (SARIF 2.1.0, 3.11.6), and what an API answered must not become one. */
function escapeLinks(text: string): string {
  return text.toWellFormed().replaceAll(/[\\[\]]/g, '\\$&');
}

function cut(text: string): string {
  return text.slice(0, LONGEST);
}

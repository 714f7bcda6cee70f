import { createHash } from 'node:crypto';
import type { Log, ReportingDescriptor, Result } from 'sarif';
import { type CheckId, checkIds, checkOf } from '../checks/catalog.ts';
import { EXIT_CODE } from '../run/exit-code.ts';
import type { Outcome } from '../model/verdict.ts';
import { sources } from '../checks/references.ts';
import { type Finding, findingsOf, titleOf } from './findings.ts';
import type { Severity } from '../model/severity.ts';
import type { Run } from '../run/run.ts';
import { countsOf } from './sentences.ts';

/** GitHub maps above 9.0 to critical, from 7.0 to high, from 4.0 to medium. */
const SCORE: Readonly<Record<Severity, string>> = { critical: '9.5', high: '8.0', medium: '5.5', low: '2.0' };
const LEVEL: Readonly<Partial<Record<Outcome, Result.level>>> = { fail: 'error', inconclusive: 'warning', 'not run': 'note' };
/** GitHub truncates titles and descriptions at this length. */
const LONGEST = 1_024;

/**
 * SARIF 2.1.0 with the properties that GitHub code scanning requires:
 * https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
 * Each result is located in a file of the repository: GitHub accepts no other location.
 */
export function renderSarif(run: Run): string {
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'audit', rules: checkIds.map((id) => rule(id, run)) } },
        automationDetails: { id: 'audit/' },
        invocations: [
          {
            // Whether the audit could complete its checks, not whether they passed.
            executionSuccessful: run.checks.every(({ outcome }) => outcome !== 'inconclusive' && outcome !== 'not run'),
            exitCode: EXIT_CODE[run.verdict],
            exitCodeDescription: `${run.verdict}: ${countsOf(run)}`,
            startTimeUtc: run.started_at,
            endTimeUtc: new Date(Date.parse(run.started_at) + run.duration_ms).toISOString(),
          },
        ],
        results: findingsOf(run).map(resultOf),
        columnKind: 'utf16CodeUnits',
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** A failure that is less severe has another headline. */
function rule(id: CheckId, { checks, own_contract: isOwn }: Run): ReportingDescriptor {
  const result = checks.find((each) => each.id === id);
  const { area, severity, title, failed, why, fix, general, requirements, adr, sources: used } = checkOf(id);
  const parts = [
    ['Expected', `${title}.`],
    ['Why it matters', why],
    ...(isOwn ? [['Remediation', fix] as const] : []),
    ['Remediation in any API', general],
    ...(isOwn ? [['Decision', `${adr}, for ${requirements.join(', ')}. See docs/checks/${id}.md.`] as const] : []),
  ] as const;
  const links = used.map((source) => `- [${sources[source].title}](${sources[source].url})`);
  return {
    id,
    shortDescription: { text: cut(result?.outcome === 'fail' ? titleOf(result) : failed) },
    fullDescription: { text: cut(`${title}. ${why}`) },
    defaultConfiguration: { level: 'error' },
    help: {
      text: parts.map(([name, text]) => `${name}: ${text}`).join('\n\n'),
      markdown: [...parts.map(([name, text]) => `**${name}.** ${text}`), ...(links.length > 0 ? [links.join('\n')] : [])].join('\n\n'),
    },
    properties: { tags: ['security', area], precision: 'very-high', 'security-severity': SCORE[result?.severity ?? severity] },
  };
}

function resultOf({ result, acceptance, observations }: Finding): Result {
  const summary = result.outcome === 'fail' ? result.summary : `${result.outcome}: ${result.summary}`;
  const statement = acceptance === undefined ? summary : `${summary} ${acceptance}`;
  const [first] = observations.flatMap(({ requests }) => requests);
  const message = first === undefined ? statement : `${statement}\n\n${first.curl}\nresponse: ${first.response}`;
  return {
    ruleId: result.id,
    ruleIndex: checkIds.findIndex((id) => id === result.id),
    level: result.accepted === null ? (LEVEL[result.outcome] ?? 'warning') : 'warning',
    message: { text: escapeLinks(message) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(result.file) },
          region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 },
        },
      },
    ],
    // The same finding in two runs is one alert, although its message may differ.
    partialFingerprints: { primaryLocationLineHash: `${createHash('sha256').update(result.id).digest('hex').slice(0, 16)}:1` },
    properties: { outcome: result.outcome, code: result.code },
  };
}

/** In a message `[text](target)` is a link (SARIF 2.1.0, 3.11.6), and a response must not add links. */
function escapeLinks(text: string): string {
  return text.toWellFormed().replaceAll(/[\\[\]]/g, '\\$&');
}

function cut(text: string): string {
  return text.slice(0, LONGEST);
}

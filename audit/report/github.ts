import { type Finding, findingsForPeople } from './findings.ts';
import { blockedTitle, countsOf, harmOf, liveRelease, MEANING, notesOf, targetOf } from './sentences.ts';
import { counted, seconds } from '../model/wording.ts';
import { code, plain, table } from './markdown-text.ts';
import { oneLine } from './plain-text.ts';
import type { Run } from '../run/run.ts';

/** GitHub drops further annotations of one kind for a step. */
const MOST_ANNOTATIONS = 10;

/** Workflow commands that annotate the file of each finding: failures as errors, all others as warnings. What could not begin is one warning. */
export function annotationsOf(run: Run): string[] {
  const { findings, blocked } = findingsForPeople(run);
  const failures = (isFailure: boolean): Finding[] => findings.filter(({ result }) => (result.outcome === 'fail') === isFailure);
  const commands = (kind: 'error' | 'warning', found: readonly Finding[]): string[] =>
    found.slice(0, MOST_ANNOTATIONS).map(({ result, title: what }) => {
      const title = `${result.id}: ${result.outcome}`;
      return `::${kind} file=${property(result.file)},line=1,title=${property(title)}::${data(oneLine(`${what}: ${result.summary}`))}`;
    });
  const notBegun = blocked.map(({ reason, ids }) => `::warning title=${property(blockedTitle(ids.length))}::${data(oneLine(reason))}`);
  return [...commands('error', failures(true)), ...notBegun, ...commands('warning', failures(false))];
}

/** The summary of a workflow run. It has no links, because relative ones would not resolve to the repository. */
export function renderSummary(run: Run): string {
  const { since, worse, better } = run.changes;
  const changes = [...worse.map((line) => `- worse: ${plain(line)}`), ...better.map((line) => `- better: ${plain(line)}`)];
  const { findings, blocked } = findingsForPeople(run);
  const rows = findings.map(({ result, remediation }) => [
    result.severity,
    code(result.id),
    result.outcome,
    plain(result.summary),
    plain(remediation),
  ]);
  return `${[
    `## Audit: ${run.verdict.toUpperCase()}`,
    ...harmOf(run).map((harm) => `**${plain(harm)}**`),
    `${countsOf(run)}. ${MEANING[run.verdict]}`,
    liveRelease(run),
    ...notesOf(run).map((note) => `**${note}**`),
    `${targetOf(run)} ${counted(run.requests, 'request')} in ${seconds(run.duration_ms)}.`,
    ...(rows.length === 0 ? [] : [table([['Severity', 'Check', 'Outcome', 'Result', 'Remediation'], ...rows])]),
    ...blocked.map(({ reason, ids }) => `${blockedTitle(ids.length)}: ${plain(reason)}`),
    ...(since === null || changes.length === 0 ? [] : [`Since the previous run:\n\n${changes.join('\n')}`]),
  ].join('\n\n')}\n`;
}

/** Escapes as https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts does. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

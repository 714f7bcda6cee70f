import { checkOf, isCheckId } from '../checks/catalog.ts';
import { countsOf, demandNotes, liveRelease, MEANING, openFindings } from './sentences.ts';
import { counted, seconds } from '../model/wording.ts';
import { code, plain, table } from './markdown-text.ts';
import { oneLine } from './plain-text.ts';
import { type CheckResult, type Run } from '../run/run.ts';

/** GitHub shows no more of one kind for a step. */
const MOST_ANNOTATIONS = 10;

/** Workflow commands that mark the files of open findings, failures as errors and doubts as warnings. */
export function annotationsOf(run: Run): string[] {
  const open = openFindings(run);
  const commands = (kind: 'error' | 'warning', results: readonly CheckResult[]): string[] =>
    results.slice(0, MOST_ANNOTATIONS).map((result) => {
      const title = `${result.id}: ${result.outcome}`;
      return `::${kind} file=${property(result.file)},line=1,title=${property(title)}::${data(oneLine(`${titleOf(result)}: ${result.summary}`))}`;
    });
  return [
    ...commands(
      'error',
      open.filter(({ outcome }) => outcome === 'fail'),
    ),
    ...commands(
      'warning',
      open.filter(({ outcome }) => outcome !== 'fail'),
    ),
  ];
}

/** What stands on the page of a workflow run. It has no links: they would lead to other pages than the repository's. */
export function renderSummary(run: Run): string {
  const open = openFindings(run);
  const { since, worse, better } = run.changes;
  const changes = [...worse.map((line) => `- worse: ${plain(line)}`), ...better.map((line) => `- better: ${plain(line)}`)];
  const fixes = open.flatMap((result) =>
    isCheckId(result.id) ? [[result.severity, code(result.id), result.outcome, plain(result.summary), plain(checkOf(result.id).fix)]] : [],
  );
  return `${[
    `## Audit: ${run.verdict.toUpperCase()}`,
    `${countsOf(run)}. ${MEANING[run.verdict]}`,
    liveRelease(run),
    ...demandNotes(run).map((note) => `**${note}**`),
    `${run.target.loopback ? 'A rehearsal on the auditing machine' : code(run.target.api_url)}, ${counted(run.requests, 'request')} in ${seconds(run.duration_ms)}.`,
    ...(fixes.length === 0 ? [] : [table([['Severity', 'Check', 'Outcome', 'What was seen', 'How to fix'], ...fixes])]),
    ...(since === null || changes.length === 0 ? [] : [`Since the last run:\n\n${changes.join('\n')}`]),
  ].join('\n\n')}\n`;
}

function titleOf({ id, outcome }: CheckResult): string {
  if (!isCheckId(id)) return id;
  return outcome === 'fail' ? checkOf(id).failed : `not shown: ${checkOf(id).title}`;
}

/** As https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts escapes. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

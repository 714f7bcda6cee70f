import { checkOf, measures, isCheckId } from '../checks/catalog.ts';
import { curlLine } from './curl.ts';
import { required, SIGN, signOf } from './markdown-requirements.ts';
import { code, plain, section, table } from './markdown-text.ts';
import { type CheckResult, type CorsRow, type Run, type ShownExchange } from '../run/run.ts';
import { acceptance, countsOf, demandNotes, liveRelease, MEANING, openFindings, proven, took, warmedUp } from './sentences.ts';
import { seconds } from '../model/wording.ts';

const SHOWN_OBSERVATIONS = 5;

/** A run whose links lead from the report to the repository's root. */
type LinkedRun = Run & { root: string };

/**
 * The report for a maintainer who has two minutes: a pure function of the saved run.
 * @param root relative path from the report's directory to the root of the repository, with a slash at its end; empty for the root itself
 */
export function renderReport(saved: Run, root = ''): string {
  const run: LinkedRun = { ...saved, root, decisions: saved.decisions.map((record) => ({ ...record, file: `${root}${record.file}` })) };
  const sections = [
    heading,
    thisRun,
    changes,
    findings,
    required,
    checks,
    crossOrigin,
    isolation,
    endpoints,
    settings,
    protections,
    decisions,
  ] as const;
  return `${sections.map((render) => render(run)).join('\n\n')}\n`;
}

function heading(run: Run): string {
  return [
    '# Audit report',
    `**${run.verdict.toUpperCase()}**: ${countsOf(run)}. ${MEANING[run.verdict]}`,
    ...demandNotes(run).map((note) => `**${note}**`),
    liveRelease(run),
    `${whatWasAudited(run)} Written by \`npx playwright test --project=prod\` from what that run saw, never by hand; \`npm run report\` renders it again from the saved run.`,
  ].join('\n\n');
}

function whatWasAudited({ target }: Run): string {
  if (target.loopback)
    return `Audited was **a rehearsal**: the service on the auditing machine itself (a loopback address${target.private_ca ? ', trusted through a private authority' : ''}), not a deployment on the internet.`;
  return `Audited was the deployment at ${code(target.api_url)}${target.private_ca ? ', trusted through a private authority' : ''}.`;
}

/** All that differs between two runs on an unchanged target stands here. */
function thisRun(run: Run): string {
  const { since, elsewhere } = run.changes;
  return section(
    'This run',
    table([
      ['What', 'Value'],
      ['Started', run.started_at],
      ['Took', took(run)],
      ['Warm-up', warmedUp(run)],
      ['Proving ground', proven(run)],
      ['By area', run.areas.map(({ area, requests, ms }) => `${area} ${requests} in ${seconds(ms)}`).join(', ')],
      ['Requests', `${run.requests}, ${run.browser_requests} of them by the browser, ${run.anonymous_requests} counted as anonymous`],
      ['Target', code(run.target.api_url)],
      ['App', code(run.target.app_origin)],
      ['Commit of the audit', run.commit === null ? 'unknown' : code(run.commit)],
      ['Browser', run.browser ?? 'none was started'],
      ['Compared with', `${since ?? 'no earlier run'}${elsewhere === null ? '' : `, of another target: ${code(elsewhere)}`}`],
    ]),
  );
}

function changes({ changes: { since, elsewhere, worse, better, other } }: Run): string {
  if (since === null) return section('Changes', 'This is the first run that was kept.');
  const lists = [
    ['Worse', worse],
    ['Better', better],
    ['New or gone', other],
  ] as const;
  const shown = lists
    .filter(([, lines]) => lines.length > 0)
    .map(([name, lines]) => `${name}:\n\n${lines.map((line) => `- ${plain(line)}`).join('\n')}`);
  const before = elsewhere === null ? 'the last run' : 'the last run, which was of another target';
  return section('Changes', shown.length === 0 ? `None since ${before}.` : [`Since ${before}:`, ...shown].join('\n\n'));
}

function findings(run: LinkedRun): string {
  const open = openFindings(run);
  return section('Findings', open.length === 0 ? 'None.' : open.map((result) => finding(run, result)).join('\n\n'));
}

function finding(run: LinkedRun, result: CheckResult): string {
  if (!isCheckId(result.id)) return '';
  const { failed, title, why, fix } = checkOf(result.id);
  const shown = new Set<string>();
  const seen = result.evidence.slice(0, SHOWN_OBSERVATIONS).map(({ says, exchanges }) => {
    // A request that several observations rest on is shown once.
    const fresh = exchanges
      .slice(0, 2)
      .map(exchange)
      .filter((text) => !shown.has(text) && shown.add(text));
    return [`- ${plain(says)}`, ...fresh].join('\n');
  });
  const more = result.evidence.length > SHOWN_OBSERVATIONS ? [`- and ${result.evidence.length - SHOWN_OBSERVATIONS} more in the run file`] : [];
  return [
    `### ${result.severity}: ${result.outcome === 'fail' ? failed : `not shown: ${title}`}`,
    `${pageLink(run, result.id)}, ${result.outcome} (${result.code}), decision ${recordLink(run, result.adr)}, ${result.requirement.join(', ')}`,
    plain(result.summary),
    ...[acceptance(result)].flatMap((text) => (text === undefined ? [] : [`**${plain(text)}**`])),
    ...(seen.length > 0 ? [[...seen, ...more].join('\n')] : []),
    `**Why it matters.** ${why}\n**How to fix.** ${fix}`,
  ].join('\n\n');
}

function exchange(shown: ShownExchange): string {
  return `  - answered ${plain(shown.answer)}\n    \`\`\`sh\n    ${curlLine(shown)}\n    \`\`\``;
}

function checks(run: LinkedRun): string {
  const rows = run.checks.map(({ id, area, severity, outcome, summary, adr }) => [
    area,
    pageLink(run, id),
    severity,
    SIGN[outcome],
    plain(summary),
    recordLink(run, adr),
  ]);
  return section('Checks', table([['Area', 'Check', 'Severity', 'Outcome', 'What was seen', 'Decision'], ...rows]));
}

function crossOrigin({ cors }: Run): string {
  if (cors.length === 0) return section('Origins and methods', 'The browser was not asked.');
  const purposes = [...new Set(cors.map(columnOf))];
  const kinds = [...Map.groupBy(cors, ({ kind, origin }) => `${kind}: ${code(origin)}`)];
  const rows = kinds.map(([kind, cells]) => [
    kind,
    ...purposes.map((purpose) => [...new Set(cells.filter((row) => columnOf(row) === purpose).map(({ ruling }) => short(ruling)))].join('; ')),
  ]);
  return section(
    'Origins and methods',
    `How a real browser ruled on each request, by the DevTools protocol. NoOrigin stands for MissingAllowOriginHeader; “stopped” means that the preflight was refused and the request never left the browser.\n\n${table([['Page', ...purposes], ...rows])}`,
  );
}

function columnOf({ purpose, method }: CorsRow): string {
  return purpose === 'simple GET' ? purpose : method;
}

function short(ruling: string): string {
  if (ruling.startsWith('Preflight')) return `stopped: ${ruling.replace('Preflight', '').replace('MissingAllowOriginHeader', 'NoOrigin')}`;
  return ruling.replace('MissingAllowOriginHeader', 'unreadable: NoOrigin');
}

function isolation({ isolation: rows }: Run): string {
  if (rows.length === 0) return section('Isolation', 'It could not be examined.');
  const lines = rows.map((row) => [
    plain(row.collection),
    code(row.operation),
    `${row.method} ${code(row.path)}`,
    plain(row.foreign),
    plain(row.unknown),
    plain(row.ownerAfter),
  ]);
  return section(
    'Isolation',
    `Another tenant's token on an object that exists, beside an id that never existed; then its owner looks again. Lists are read by both, and what refers to an object is written by another.\n\n${table([['Collection', 'Operation', 'Request', "Another's object", 'Never existed', 'Owner afterwards'], ...lines])}`,
  );
}

function endpoints({ operations }: Run): string {
  const rows = operations.map(({ method, path, protected: isProtected, id }) => [
    method,
    code(path),
    isProtected ? 'bearer token' : 'open',
    code(id),
  ]);
  return section('Endpoints', table([['Method', 'Path', 'Access', 'Operation'], ...rows]));
}

function settings({ variables }: Run): string {
  if (variables.length === 0) return section('Settings', 'There is no inventory of settings.');
  const rows = variables.map(({ name, required_in, secret, description, default: defaults }) => [
    code(name),
    required_in.includes('production') ? 'required' : 'optional',
    secret ? 'yes' : 'no',
    'production' in defaults ? code(String(defaults['production'])) : '',
    plain(description),
  ]);
  return section('Settings in production', table([['Variable', 'Needed', 'Secret', 'Default', 'Meaning'], ...rows]));
}

function protections(run: Run): string {
  const rows = measures.map(({ measure, checks: ids }) => {
    const proving = run.checks.filter(({ id }) => ids.some((wanted) => wanted === id));
    const records = [...new Set(proving.map(({ adr }) => adr))].toSorted();
    return [measure, signOf(proving), ids.map(code).join(', '), records.map((adr) => recordLink(run, adr)).join(', ')];
  });
  return section('Security measures', table([['Measure', 'Outcome', 'Shown by', 'Decision'], ...rows]));
}

function decisions({ decisions: records, checks: results }: Run): string {
  const rows = records.map(({ id, file, title, status, checks: confirmed }) => {
    const proving = results.filter((check) => confirmed.includes(check.id));
    return [`[${id}](${file})`, plain(title), status, proving.length === 0 ? 'not from outside' : signOf(proving)];
  });
  return section('Decisions', table([['Record', 'Decision', 'Status', 'Confirmed'], ...rows]));
}

function recordLink({ decisions: records }: Run, adr: string): string {
  const file = records.find(({ id }) => id === adr)?.file;
  return file === undefined ? adr : `[${adr}](${file})`;
}

function pageLink({ root }: LinkedRun, id: string): string {
  return isCheckId(id) ? `[\`${id}\`](${root}docs/checks/${id}.md)` : code(id);
}

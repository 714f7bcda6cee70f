import { measures, isCheckId } from '../checks/catalog.ts';
import { type Blocked, changesOf, deviationsOf, type Finding, findingsForPeople, type ShownRequest } from './findings.ts';
import { required, SIGN, signOf } from './markdown-requirements.ts';
import { code, plain, section, table } from './markdown-text.ts';
import type { Run } from '../run/run.ts';
import {
  ADVICE_EXPLAINED,
  blockedTitle,
  COVERAGE_EXPLAINED,
  coverageRows,
  columnOf,
  countsOf,
  factsOf,
  harmOf,
  ISOLATION_EXPLAINED,
  liveRelease,
  MEANING,
  NO_ISOLATION,
  NO_ORIGINS,
  notesOf,
  ORIGINS_EXPLAINED,
  RENDERED,
  targetOf,
} from './sentences.ts';
import { seconds } from '../model/wording.ts';

/** A run with the path from the report to the repository's root, for links. */
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
    advice,
    required,
    checks,
    coverage,
    crossOrigin,
    isolation,
    endpoints,
    settings,
    protections,
    decisions,
  ] as const;
  return `${sections
    .map((render) => render(run))
    .filter((text) => text !== '')
    .join('\n\n')}\n`;
}

function heading(run: Run): string {
  return [
    '# Audit report',
    ...harmOf(run).map((harm) => `**${plain(harm)}**`),
    `**${run.verdict.toUpperCase()}**: ${countsOf(run)}. ${MEANING[run.verdict]}`,
    ...notesOf(run).map((note) => `**${note}**`),
    liveRelease(run),
    `${targetOf(run)} ${RENDERED}`,
  ].join('\n\n');
}

/** Everything that differs between two runs of an unchanged target. */
function thisRun(run: Run): string {
  const areas = run.areas.map(({ area, requests, ms }) => `${area} ${requests} in ${seconds(ms)}`).join(', ');
  const rows = [...factsOf(run), ['Requests by area', areas === '' ? 'none' : areas] as const];
  return section('This run', table([['What', 'Value'], ...rows.map(([name, value]) => [name, value.replaceAll('|', '\\|')])]));
}

function changes(run: Run): string {
  const { sentence, lists } = changesOf(run);
  const shown = lists.map(({ name, lines }) => `${name}:\n\n${lines.map((line) => `- ${plain(line)}`).join('\n')}`);
  return section('Changes', [sentence, ...shown].join('\n\n'));
}

function findings(run: LinkedRun): string {
  const { findings: open, blocked } = findingsForPeople(run);
  const texts = [...open.map((each) => finding(run, each)), ...blocked.map((each) => notBegun(run, each))];
  return section('Findings', texts.length === 0 ? 'None.' : texts.join('\n\n'));
}

/** Empty where there is none. */
function advice(run: LinkedRun): string {
  const deviations = deviationsOf(run);
  if (deviations.length === 0) return '';
  return section(
    'Advice',
    [ADVICE_EXPLAINED, deviations.map(({ id, policy, says }) => `- ${code(policy)}, ${code(id)}: ${plain(says)}`).join('\n')].join('\n\n'),
  );
}

function notBegun(run: LinkedRun, { reason, ids }: Blocked): string {
  return [`### ${blockedTitle(ids.length)}`, plain(reason), `${ids.map((id) => pageLink(run, id)).join(', ')}.`].join('\n\n');
}

function finding(run: LinkedRun, { result, title, summary, acceptance, observations, further, advice }: Finding): string {
  const seen = [
    ...observations.flatMap(({ text, requests }) => [`- ${plain(text)}`, ...requests.map(request)]),
    ...(further === undefined ? [] : [`- ${further}`]),
  ];
  return [
    `### ${result.severity}: ${title}`,
    [
      pageLink(run, result.id),
      `${result.outcome} (${result.code})`,
      ...(result.adr === null ? [] : [`decision ${recordLink(run, result.adr)}`]),
      ...result.requirement,
    ].join(', '),
    ...(summary === undefined ? [] : [plain(summary)]),
    ...(acceptance === undefined ? [] : [`**${plain(acceptance)}**`]),
    ...(seen.length > 0 ? [seen.join('\n')] : []),
    ...(advice.length > 0 ? [advice.map(([heading, text]) => `**${heading}.** ${text}`).join('\n')] : []),
  ].join('\n\n');
}

function request({ curl, response }: ShownRequest): string {
  return `  - response: ${plain(response)}\n    \`\`\`sh\n    ${curl}\n    \`\`\``;
}

function checks(run: LinkedRun): string {
  const rows = run.checks.map(({ id, area, severity, outcome, summary, adr }) => [
    area,
    pageLink(run, id),
    severity,
    SIGN[outcome],
    plain(summary),
    ...(adr === null ? [] : [recordLink(run, adr)]),
  ]);
  return section('Checks', table([['Area', 'Check', 'Severity', 'Outcome', 'Result', ...decisionHead(run)], ...rows]));
}

/** Empty where no check over a matrix ran. */
function coverage(run: LinkedRun): string {
  const rows = coverageRows(run).map(({ id, tried, left }) => [pageLink(run, id), tried, plain(left)]);
  return rows.length === 0 ? '' : section('Coverage', `${COVERAGE_EXPLAINED}\n\n${table([['Check', 'Cells', 'Not tried'], ...rows])}`);
}

function crossOrigin({ cors }: Run): string {
  if (cors.length === 0) return section('Origins and methods', NO_ORIGINS);
  const purposes = [...new Set(cors.map(columnOf))];
  const kinds = [...Map.groupBy(cors, ({ kind, origin }) => `${kind}: ${code(origin)}`)];
  const rows = kinds.map(([kind, cells]) => [
    kind,
    ...purposes.map((purpose) => [...new Set(cells.filter((row) => columnOf(row) === purpose).map(({ ruling }) => short(ruling)))].join('; ')),
  ]);
  return section('Origins and methods', `${ORIGINS_EXPLAINED} ${RULINGS_EXPLAINED}\n\n${table([['Page', ...purposes], ...rows])}`);
}

const RULINGS_EXPLAINED =
  'readable: the page could read the response. unreadable: the browser withheld the response from the page. stopped: the preflight failed, so the browser did not send the request. NoOrigin is short for MissingAllowOriginHeader.';

function short(ruling: string): string {
  if (ruling.startsWith('Preflight')) return `stopped: ${ruling.replace('Preflight', '').replace('MissingAllowOriginHeader', 'NoOrigin')}`;
  return ruling.replace('MissingAllowOriginHeader', 'unreadable: NoOrigin');
}

function isolation({ isolation: rows }: Run): string {
  if (rows.length === 0) return section('Isolation', NO_ISOLATION);
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
    `${ISOLATION_EXPLAINED}\n\n${table([['Collection', 'Operation', 'Request', "Another tenant's object", 'Unknown id', 'Owner afterwards'], ...lines])}`,
  );
}

function endpoints({ operations }: Run): string {
  const rows = operations.map(({ method, path, protected: isProtected, id }) => [
    method,
    code(path),
    isProtected ? 'bearer token' : 'anonymous',
    code(id),
  ]);
  return section('Endpoints', table([['Method', 'Path', 'Access', 'Operation'], ...rows]));
}

function settings({ variables }: Run): string {
  if (variables.length === 0) return section('Settings in production', 'The contract has no inventory of settings.');
  const rows = variables.map(({ name, required_in, secret, description, default: defaults }) => [
    code(name),
    required_in.includes('production') ? 'yes' : 'no',
    secret ? 'yes' : 'no',
    'production' in defaults ? code(String(defaults['production'])) : '',
    plain(description),
  ]);
  return section('Settings in production', table([['Variable', 'Required', 'Secret', 'Default', 'Meaning'], ...rows]));
}

function protections(run: Run): string {
  const rows = measures.map(({ measure, checks: ids }) => {
    const proving = run.checks.filter(({ id }) => ids.some((wanted) => wanted === id));
    const records = [...new Set(proving.flatMap(({ adr }) => adr ?? []))].toSorted();
    return [
      measure,
      signOf(proving),
      ids.map(code).join(', '),
      ...(records.length === 0 ? [] : [records.map((adr) => recordLink(run, adr)).join(', ')]),
    ];
  });
  return section('Security measures', table([['Measure', 'Outcome', 'Checks', ...decisionHead(run)], ...rows]));
}

/** Without decision records the tables have no column for them. */
function decisionHead({ checks: results }: Run): string[] {
  return results.some(({ adr }) => adr !== null) ? ['Decision'] : [];
}

function decisions({ decisions: records, checks: results }: Run): string {
  if (records.length === 0) return '';
  const rows = records.map(({ id, file, title, status, checks: confirmed }) => {
    const proving = results.filter((check) => confirmed.includes(check.id));
    return [`[${id}](${file})`, plain(title), status, proving.length === 0 ? 'not observable from outside' : signOf(proving)];
  });
  return section('Decisions', table([['Record', 'Decision', 'Status', 'Confirmed'], ...rows]));
}

function recordLink({ decisions: records }: Run, adr: string): string {
  const file = records.find(({ id }) => id === adr)?.file;
  return file === undefined ? adr : `[${adr}](${file})`;
}

/** The pages are in the audit's repository. */
function pageLink({ root, own_contract }: LinkedRun, id: string): string {
  return own_contract && isCheckId(id) ? `[\`${id}\`](${root}docs/checks/${id}.md)` : code(id);
}

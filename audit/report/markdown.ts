import { markdownTable } from 'markdown-table';
import { checkOf, measures, requirements } from '../catalog.ts';
import type { Outcome } from '../judge/verdict.ts';
import { type CheckResult, type CorsRow, isCheckId, type Run, type ShownExchange } from './run.ts';

/** Words, so that the report reads the same everywhere; what needs a reader is bold. */
const SIGN: Record<Outcome, string> = {
  pass: 'pass',
  fail: '**fail**',
  inconclusive: '**inconclusive**',
  'not applicable': 'n/a',
  'not run': '**not run**',
};
const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
const SHOWN_OBSERVATIONS = 5;

/** The report for a maintainer who has two minutes: a pure function of the saved run. */
export function renderReport(run: Run): string {
  return `${[heading(run), thisRun(run), changes(run), findings(run), required(run), checks(run), crossOrigin(run), isolation(run), endpoints(run), settings(run), protections(run), decisions(run)].join('\n\n')}\n`;
}

function heading(run: Run): string {
  const count = (outcome: Outcome): number => run.checks.filter((check) => check.outcome === outcome).length;
  const others = (['fail', 'inconclusive', 'not applicable', 'not run'] as const)
    .filter((outcome) => count(outcome) > 0)
    .map((outcome) => `${count(outcome)} ${outcome}`);
  const meaning = {
    proven: 'Every check that applies was made and held.',
    failed: 'At least one check saw the API do what it must not do.',
    'not proven': 'Nothing was seen to be wrong, but not everything could be seen: see the findings.',
  }[run.verdict];
  return [
    '# Audit report',
    `**${run.verdict.toUpperCase()}**: ${[`${count('pass')} pass`, ...others].join(', ')} of ${run.checks.length} checks. ${meaning}`,
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
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  return section(
    'This run',
    table([
      ['What', 'Value'],
      ['Started', run.started_at],
      ['Took', `${seconds(run.duration_ms)} of 60 s allowed${run.waited_ms > 0 ? `, ${seconds(run.waited_ms)} of it waiting for the limiter` : ''}`],
      ['By area', run.areas.map(({ area, requests, ms }) => `${area} ${requests} in ${seconds(ms)}`).join(', ')],
      ['Requests', `${run.requests}, ${run.browser_requests} of them by the browser, ${run.anonymous_requests} counted as anonymous`],
      ['Target', code(run.target.api_url)],
      ['App', code(run.target.app_origin)],
      ['Commit of the audit', run.commit === null ? 'unknown' : code(run.commit)],
      ['Browser', run.browser ?? 'none was started'],
      ['Compared with', run.changes.since ?? 'no earlier run'],
    ]),
  );
}

function changes({ changes: { since, worse, better, other } }: Run): string {
  if (since === null) return section('Changes', 'This is the first run that was kept.');
  const lists = [
    ['Worse', worse],
    ['Better', better],
    ['New checks', other],
  ] as const;
  const shown = lists
    .filter(([, lines]) => lines.length > 0)
    .map(([name, lines]) => `${name}:\n\n${lines.map((line) => `- ${cell(line)}`).join('\n')}`);
  return section('Changes', shown.length === 0 ? 'None since the last run.' : shown.join('\n\n'));
}

function findings(run: Run): string {
  const open = SEVERITIES.flatMap((severity) =>
    run.checks.filter((check) => check.severity === severity && check.outcome !== 'pass' && check.outcome !== 'not applicable'),
  );
  const ranked = [...open.filter(({ outcome }) => outcome === 'fail'), ...open.filter(({ outcome }) => outcome !== 'fail')];
  return section('Findings', ranked.length === 0 ? 'None.' : ranked.map((result) => finding(run, result)).join('\n\n'));
}

function finding(run: Run, result: CheckResult): string {
  if (!isCheckId(result.id)) return '';
  const { failed, title, why, fix } = checkOf(result.id);
  const shown = new Set<string>();
  const seen = result.evidence.slice(0, SHOWN_OBSERVATIONS).map(({ says, exchanges }) => {
    // A request that several observations rest on is shown once.
    const fresh = exchanges
      .slice(0, 2)
      .map(exchange)
      .filter((text) => !shown.has(text) && shown.add(text));
    return [`- ${cell(says)}`, ...fresh].join('\n');
  });
  const more = result.evidence.length > SHOWN_OBSERVATIONS ? [`- and ${result.evidence.length - SHOWN_OBSERVATIONS} more in the run file`] : [];
  return [
    `### ${result.severity}: ${result.outcome === 'fail' ? failed : `not shown: ${title}`}`,
    `\`${result.id}\`, ${result.outcome} (${result.code}), decision ${recordLink(run, result.adr)}, ${result.requirement.join(', ')}`,
    cell(result.summary),
    ...(seen.length > 0 ? [[...seen, ...more].join('\n')] : []),
    `**Why it matters.** ${why}\n**How to fix.** ${fix}`,
  ].join('\n\n');
}

function exchange({ method, path, from, headers, body, answer }: ShownExchange): string {
  const sent = [...(from === undefined ? [] : [['Origin', from] as const]), ...headers].map(
    ([name, value]) => `-H ${shellWord(`${name}: ${value}`)}`,
  );
  const line = [
    'curl -i',
    ...(method === 'GET' ? [] : [`-X ${method}`]),
    ...sent,
    ...(body === undefined ? [] : [`--data ${shellWord(body)}`]),
    `"$AUDIT_API_URL${escapeForShell(path)}"`,
  ].join(' ');
  return `  - answered ${cell(answer)}\n    \`\`\`sh\n    ${line.replaceAll(/[\r\n]+/g, ' ')}\n    \`\`\``;
}

/** In single quotes; where a token stands, in double ones, because it is a variable of the reader's shell. */
function shellWord(text: string): string {
  const withVariable = placeholders(escapeForShell(text));
  return withVariable.includes('$TOKEN') ? `"${withVariable}"` : `'${text.replaceAll("'", `'\\''`)}'`;
}

function escapeForShell(text: string): string {
  return text.replaceAll(/["$`\\]/g, '\\$&');
}

function placeholders(text: string): string {
  return text
    .replaceAll(/<(token of tenant A|AUDIT_TOKEN_A)>/g, '$TOKEN_A')
    .replaceAll(/<(token of tenant B|AUDIT_TOKEN_B)>/g, '$TOKEN_B')
    .replaceAll(/<token( of limited tenant)?>/g, '$TOKEN');
}

function required({ checks: results }: Run): string {
  const rows = Object.entries(requirements).map(([id, text]) => {
    const proving = results.filter(({ requirement }) => requirement.includes(id));
    return [id, text, together(proving), proving.map((check) => code(check.id)).join(', ')];
  });
  return section('Requirements and success criteria', table([['Id', 'Demand', 'Outcome', 'Checks'], ...rows]));
}

function checks(run: Run): string {
  const rows = run.checks.map(({ id, area, severity, outcome, summary, adr }) => [
    area,
    code(id),
    severity,
    SIGN[outcome],
    cell(summary),
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
  const lines = rows.map((row) => [code(row.operation), `${row.method} ${code(row.path)}`, row.foreign, row.unknown, row.ownerAfter]);
  return section(
    'Isolation',
    `Another tenant's token on an object that exists, beside an id that never existed; then its owner looks again.\n\n${table([['Operation', 'Request', "Another's object", 'Never existed', 'Owner afterwards'], ...lines])}`,
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
    cell(description),
  ]);
  return section('Settings in production', table([['Variable', 'Needed', 'Secret', 'Default', 'Meaning'], ...rows]));
}

function protections(run: Run): string {
  const rows = measures.map(({ measure, checks: ids }) => {
    const proving = run.checks.filter(({ id }) => ids.some((wanted) => wanted === id));
    const records = [...new Set(proving.map(({ adr }) => adr))].toSorted();
    return [measure, together(proving), ids.map(code).join(', '), records.map((adr) => recordLink(run, adr)).join(', ')];
  });
  return section('Security measures', table([['Measure', 'Outcome', 'Shown by', 'Decision'], ...rows]));
}

function decisions({ decisions: records, checks: results }: Run): string {
  const rows = records.map(({ id, file, title, status, checks: confirmed }) => {
    const proving = results.filter((check) => confirmed.includes(check.id));
    return [`[${id}](${file})`, cell(title), status, proving.length === 0 ? 'not from outside' : together(proving)];
  });
  return section('Decisions', table([['Record', 'Decision', 'Status', 'Confirmed'], ...rows]));
}

/** How several checks read together: what could not be made here is not hidden behind what could. */
function together(results: readonly CheckResult[]): string {
  const order: readonly Outcome[] = ['fail', 'inconclusive', 'not run', 'pass', 'not applicable'];
  const worst = order.find((outcome) => results.some((result) => result.outcome === outcome)) ?? 'not run';
  return worst === 'pass' && results.some(({ outcome }) => outcome === 'not applicable') ? 'pass, in part n/a' : SIGN[worst];
}

function recordLink({ decisions: records }: Run, adr: string): string {
  const file = records.find(({ id }) => id === adr)?.file;
  return file === undefined ? adr : `[${adr}](${file})`;
}

function section(title: string, content: string): string {
  return `## ${title}\n\n${content}`;
}

function table(rows: readonly (readonly string[])[]): string {
  return markdownTable(
    rows.map((row) => [...row]),
    { padding: true, alignDelimiters: false },
  );
}

/** One line without anything Markdown or HTML would act on: what an API answered must not format the report. */
function cell(text: string): string {
  const oneLine = text.replaceAll(/[\r\n\t]+/g, ' ').slice(0, 500);
  // An address becomes code, so that nobody follows a link to a look-alike.
  return oneLine
    .split(/(https?:\/\/[^\s,]*[^\s,.:;])/)
    .map((part, index) => (index % 2 === 1 ? code(part) : escapeMarkdown(part)))
    .join('');
}

function escapeMarkdown(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/([\\`*_[\]|])/g, '\\$1');
}

/** In a code span only the backtick ends it, and only the bar ends the cell. */
function code(text: string): string {
  return `\`${text.replaceAll(/[`\r\n]/g, '').replaceAll('|', '\\|')}\``;
}

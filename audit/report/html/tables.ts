import { checkOf, measures, isCheckId } from '../../checks/catalog.ts';
import { table } from './table.ts';
import { type Html, html, icon, joined, nothing, prose } from './text.ts';
import { oneLine } from '../plain-text.ts';
import { type CheckResult, combine, type Run } from '../../run/run.ts';
import { titleOf } from '../findings.ts';
import { coverageRows, factsOf } from '../sentences.ts';
import { seconds } from '../../model/wording.ts';

/** The security measures, each with the checks that prove it. */
export function protections(run: Run): Html {
  const rows = measures.map(({ measure, checks }) => {
    const proving = run.checks.filter(({ id }) => checks.some((wanted) => wanted === id));
    return html`<tr>
      <td>${outcomeOf(proving)}</td>
      <th scope="row">${measure}</th>
      <td>${checkLinks(checks)}</td>
    </tr>`;
  });
  return table({ classes: 'stacked', heads: ['Outcome', 'Security measure', 'Checks'], bodies: [{ rows }] });
}

export function outcomeOf(results: readonly CheckResult[]): Html {
  const { outcome, inPart } = combine(results);
  return html`<span class="outcome">${icon(outcome)} ${outcome}${inPart ? ', in part n/a' : ''}</span>`;
}

/** Every check, by area. */
export function allChecks(run: Run): Html {
  const hasDecisions = run.checks.some(({ adr }) => adr !== null);
  const bodies = [...Map.groupBy(run.checks, ({ area }) => area)].map(([group, results]) => ({
    group,
    rows: results.map((result) => checkRow(result, hasDecisions)),
  }));
  return table({ classes: 'stacked checks', heads: ['Outcome', 'Check', 'Result', ...(hasDecisions ? ['Decision'] : [])], bodies });
}

function checkRow(result: CheckResult, hasDecisions: boolean): Html {
  const { id, outcome, severity, summary, adr } = result;
  return html`<tr id="check-${id}">
    <td><span class="outcome">${icon(outcome)} ${outcome}</span></td>
    <th scope="row">
      ${titleOf(result)} <span class="id"><code>${id}</code> ${severity}</span>
    </th>
    <td>${oneLine(summary)}</td>
    ${hasDecisions ? html`<td class="adr">${adr ?? ''}</td>` : nothing}
  </tr>`;
}

/** A list of checks, each with a link to its row. */
export function checkLinks(ids: readonly string[]): Html {
  return joined(
    ids.map((id) => html`<a href="#check-${id}" title="${isCheckId(id) ? checkOf(id).title : id}"><code>${id}</code></a>`),
    ', ',
  );
}

export function coverage(run: Run): Html {
  const rows = coverageRows(run).map(
    ({ id, tried, left }) =>
      html`<tr>
        <th scope="row">${checkLinks([id])}</th>
        <td>${tried}</td>
        <td>${left}</td>
      </tr>`,
  );
  return table({ classes: 'stacked', heads: ['Check', 'Cells', 'Not tried'], bodies: [{ rows }] });
}

export function facts(run: Run): Html {
  return html`<dl class="facts">
    ${factsOf(run).map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${prose(value)}</dd>
        </div>`,
    )}
  </dl>`;
}

/** Requests and time by area. */
export function budget({ areas }: Run): Html {
  if (areas.length === 0) return nothing;
  const most = { requests: Math.max(1, ...areas.map(({ requests }) => requests)), ms: Math.max(1, ...areas.map(({ ms }) => ms)) };
  const bar = (value: number, of: number): Html =>
    html`<svg class="meter" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="1" />
      <rect class="value" width="${Math.round((1_000 * value) / of) / 10}" height="1" />
    </svg>`;
  const rows = areas.map(
    ({ area, requests, ms }) =>
      html`<tr>
        <th scope="row">${area}</th>
        <td class="number">${requests}</td>
        <td>${bar(requests, most.requests)}</td>
        <td class="number">${seconds(ms)}</td>
        <td>${bar(ms, most.ms)}</td>
      </tr>`,
  );
  const heads = ['Area', html`<th scope="col" colspan="2">Requests</th>`, html`<th scope="col" colspan="2">Time</th>`];
  return table({ classes: 'budget', heads, bodies: [{ rows }] });
}

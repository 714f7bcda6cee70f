import { furtherReferences } from '../../checks/requirements.ts';
import { checkLinks, outcomeOf } from './tables.ts';
import { type Html, html, icon, joined, nothing, prose } from './text.ts';
import type { Proof, RequirementRow, Run } from '../../run/run.ts';
import { inapplicable, REQUIREMENTS_MISSING, requirementsExplained } from '../sentences.ts';

/** Every requirement of the specification with its proof, and what the checks prove beyond it. */
export function required(run: Run): Html {
  const { requirements, checks } = run;
  if (requirements.length === 0) return html`<p>${REQUIREMENTS_MISSING}</p>`;
  const known = new Set(checks.map(({ id }) => id));
  const rows = requirements.filter(({ outcome }) => outcome !== 'not applicable').map((each) => row(each, known));
  const other = inapplicable(run);
  const further = Object.entries(furtherReferences).map(([id, text]) => {
    const showing = checks.filter(({ requirement }) => requirement.includes(id));
    return html`<tr>
      <td>${outcomeOf(showing)}</td>
      <th scope="row">${text}</th>
      <td>${checkLinks(showing.map((check) => check.id))}</td>
    </tr>`;
  });
  return html`<p>${prose(requirementsExplained(run))}</p>
    <div class="frame">
      <table class="stacked requirements">
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Requirement</th>
            <th scope="col">Proof</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${other === undefined ? nothing : html`<p>${other}</p>`}
    <div class="frame">
      <table class="stacked">
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Beyond the specification</th>
            <th scope="col">Checks</th>
          </tr>
        </thead>
        <tbody>
          ${further}
        </tbody>
      </table>
    </div>`;
}

function row({ id, demand, outcome, proof }: RequirementRow, known: ReadonlySet<string>): Html {
  return html`<tr>
    <td><span class="outcome">${icon(outcome)} ${outcome}</span></td>
    <th scope="row"><b>${id}</b> ${prose(demand)}</th>
    <td>${proof.map((each) => sentence(each, known))}</td>
  </tr>`;
}

function sentence({ says, checks, tests }: Proof, known: ReadonlySet<string>): Html {
  const links = checks.map((id) => (known.has(id) ? checkLinks([id]) : html`<code>${id}</code>`));
  const list = joined([...links, ...tests.map((file) => html`<code>${file}</code>`)], ', ');
  return html`<span class="proof">${prose(says)}${list.markup === '' ? nothing : html` ${list}.`}</span>`;
}

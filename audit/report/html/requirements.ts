import { furtherReferences } from '../../checks/requirements.ts';
import { table } from './table.ts';
import { checkLinks, outcomeOf } from './tables.ts';
import { type Html, html, icon, joined, nothing, prose } from './text.ts';
import type { Proof, RequirementRow, Run } from '../../run/run.ts';
import { NO_REQUIREMENTS, REQUIREMENTS_MISSING, requirementsExplained } from '../sentences.ts';

/** Every requirement of the specification with its proof, and what the checks prove beyond it. */
export function required(run: Run): Html {
  const { requirements, checks, own_contract } = run;
  if (requirements.length === 0) return html`<p>${own_contract ? REQUIREMENTS_MISSING : NO_REQUIREMENTS}</p>`;
  const known = new Set(checks.map(({ id }) => id));
  const rows = requirements.map((each) => row(each, known));
  const further = Object.entries(furtherReferences).map(([id, text]) => {
    const showing = checks.filter(({ requirement }) => requirement.includes(id));
    return html`<tr>
      <td>${outcomeOf(showing)}</td>
      <th scope="row">${text}</th>
      <td>${checkLinks(showing.map((check) => check.id))}</td>
    </tr>`;
  });
  return html`<p>${prose(requirementsExplained(run))}</p>
    ${table({ classes: 'stacked requirements', heads: ['Outcome', 'Requirement', 'Proof'], bodies: [{ rows }] })}
    ${own_contract ? table({ classes: 'stacked', heads: ['Outcome', 'Beyond the specification', 'Checks'], bodies: [{ rows: further }] }) : nothing}`;
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

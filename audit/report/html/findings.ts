import { type Blocked, changesOf, type Finding, findingsForPeople, type ShownRequest } from '../findings.ts';
import { blockedTitle } from '../sentences.ts';
import { checkLinks } from './tables.ts';
import { type Html, html, icon, nothing, slug } from './text.ts';
import { oneLine } from '../plain-text.ts';
import type { Run } from '../../run/run.ts';

export function findings(run: Run): Html {
  const { findings: open, blocked } = findingsForPeople(run);
  return open.length + blocked.length === 0 ? html`<p class="calm">None.</p>` : html`${open.map(finding)}${blocked.map(notBegun)}`;
}

function notBegun({ reason, ids }: Blocked): Html {
  return html`<article class="finding inconclusive">
    <h3>${icon('inconclusive')} ${blockedTitle(ids.length)}</h3>
    <p>${oneLine(reason)}</p>
    <p class="where">${checkLinks(ids)}</p>
  </article>`;
}

function finding({ result, title, summary, acceptance, observations, further, advice, file, references }: Finding): Html {
  const seen = [
    ...observations.map(({ text, requests }) => html`<li>${oneLine(text)}${requests.map(request)}</li>`),
    ...(further === undefined ? [] : [html`<li>${further}</li>`]),
  ];
  return html`<article class="finding ${slug(result.outcome)}">
    <h3>${icon(result.outcome)} ${title}</h3>
    <p class="meta">
      <span class="tag ${result.severity}">${result.severity}</span> <a href="#check-${result.id}"><code>${result.id}</code></a> ${result.outcome}
      (${result.code})${references === '' ? nothing : html`, ${references}`}
    </p>
    ${summary === undefined ? nothing : html`<p>${oneLine(summary)}</p>`}
    ${acceptance === undefined ? nothing : html`<p><b>${oneLine(acceptance)}</b></p>`}
    ${
      seen.length === 0
        ? nothing
        : html`<ul class="seen">
            ${seen}
          </ul>`
    }
    ${advice.map(([heading, text]) => html`<p><b>${heading}.</b> ${text}</p>`)}
    <p class="where">See ${file === undefined ? nothing : html`<code>${file}</code> and `}<code>docs/checks/${result.id}.md</code>.</p>
  </article>`;
}

function request({ curl, response }: ShownRequest): Html {
  return html`<pre tabindex="0"><code>${curl}</code></pre>
    <p class="response">response: <q>${oneLine(response)}</q></p>`;
}

/** The differences from the previous run. */
export function changes(run: Run): Html {
  const { sentence, lists } = changesOf(run);
  const parts = lists.map(
    ({ name, lines }) =>
      html`<h3>${name}</h3>
        <ul>
          ${lines.map((line) => html`<li>${oneLine(line)}</li>`)}
        </ul>`,
  );
  return html`<p class="calm">${sentence}</p>
    ${parts}`;
}

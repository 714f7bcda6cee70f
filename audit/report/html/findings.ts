import { checkOf, isCheckId } from '../../checks/catalog.ts';
import { curlLine } from '../curl.ts';
import { type Html, html, icon, nothing, slug } from './text.ts';
import { oneLine } from '../plain-text.ts';
import { type CheckResult, type Run } from '../../run/run.ts';
import { acceptance, openFindings } from '../sentences.ts';

const SHOWN_OBSERVATIONS = 5;

export function findings(run: Run): Html {
  const open = openFindings(run);
  return open.length === 0 ? html`<p class="calm">None.</p>` : html`${open.map(finding)}`;
}

function finding(result: CheckResult): Html {
  if (!isCheckId(result.id)) return nothing;
  const { failed, title, why, fix } = checkOf(result.id);
  const shown = new Set<string>();
  const seen = result.evidence.slice(0, SHOWN_OBSERVATIONS).map(({ says, exchanges }) => {
    const fresh = exchanges.slice(0, 2).flatMap((exchange) => {
      const line = curlLine(exchange);
      const isNew = !shown.has(line) && shown.add(line);
      return isNew
        ? [
            html`<pre tabindex="0"><code>${line}</code></pre>
              <p class="answered">answered <q>${oneLine(exchange.answer)}</q></p>`,
          ]
        : [];
    });
    return html`<li>${oneLine(says)}${fresh}</li>`;
  });
  const more = result.evidence.length - SHOWN_OBSERVATIONS;
  return html`<article class="finding ${slug(result.outcome)}">
    <h3>${icon(result.outcome)} ${result.outcome === 'fail' ? failed : `Not shown: ${title}`}</h3>
    <p class="meta">
      <span class="tag ${result.severity}">${result.severity}</span> <a href="#check-${result.id}"><code>${result.id}</code></a> ${result.outcome}
      (${result.code}), decision ${result.adr}, ${result.requirement.join(', ')}
    </p>
    ${result.evidence.length === 1 && result.evidence[0]?.says === result.summary ? nothing : html`<p>${oneLine(result.summary)}</p>`}
    ${acceptance(result) === undefined ? nothing : html`<p><b>${oneLine(acceptance(result) ?? '')}</b></p>`}
    ${
      seen.length === 0
        ? nothing
        : html`<ul class="seen">
            ${seen}${more > 0 ? html`<li>and ${more} more in the run file</li>` : nothing}
          </ul>`
    }
    <p><b>Why it matters.</b> ${why}</p>
    <p>
      <b>How to fix.</b> ${fix} <span class="where">See <code>${result.file}</code> and <code>docs/checks/${result.id}.md</code>.</span>
    </p>
  </article>`;
}

/** What is otherwise than in the run before. */
export function changes({ changes: { since, elsewhere, worse, better, other } }: Run): Html {
  if (since === null) return html`<p class="calm">This is the first run that was kept.</p>`;
  const before = elsewhere === null ? `the run of ${since}` : `the run of ${since}, which was of another target (${elsewhere})`;
  const lists = [
    ['Worse', worse],
    ['Better', better],
    ['New or gone', other],
  ] as const;
  const shown = lists.filter(([, lines]) => lines.length > 0);
  if (shown.length === 0) return html`<p class="calm">None since ${before}.</p>`;
  const parts = shown.map(
    ([name, lines]) =>
      html`<h3>${name}</h3>
        <ul>
          ${lines.map((line) => html`<li>${oneLine(line)}</li>`)}
        </ul>`,
  );
  return html`<p>Since ${before}:</p>
    ${parts}`;
}

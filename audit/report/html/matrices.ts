import { counted } from '../../model/wording.ts';
import type { Outcome } from '../../model/verdict.ts';
import { table } from './table.ts';
import { type Html, html, icon, slug } from './text.ts';
import { oneLine } from '../plain-text.ts';
import type { CorsRow, IsolationRow, Run } from '../../run/run.ts';
import { columnOf, NO_ISOLATION, NO_ORIGINS } from '../sentences.ts';

const OUTCOMES: readonly Outcome[] = ['pass', 'fail', 'inconclusive', 'not run', 'not applicable'];

/** The number of checks by outcome, as one bar. */
export function outcomeBar({ checks }: Run): Html {
  const counts = OUTCOMES.map((outcome) => ({ outcome, count: checks.filter((check) => check.outcome === outcome).length })).filter(
    ({ count }) => count > 0,
  );
  let x = 0;
  const bars = counts.map(({ outcome, count }) => {
    const bar = html`<rect class="bar ${slug(outcome)}" x="${x}" y="0" width="${count}" height="1" />`;
    x += count;
    return bar;
  });
  const legend = counts.map(({ outcome, count }) => html`<li>${icon(outcome)}<b>${count}</b> ${outcome}</li>`);
  return html`<svg class="outcome-bar" viewBox="0 0 ${Math.max(1, checks.length)} 1" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>
    <ul class="legend">
      ${legend}
      <li>of ${counted(checks.length, 'check')}</li>
    </ul>`;
}

/** Each area as a row of outcomes with links to their checks. */
export function areaStrips({ checks }: Run): Html {
  const rows = [...Map.groupBy(checks, ({ area }) => area)].map(([area, results]) => {
    const marks = results.map(
      ({ id, outcome }) =>
        html`<li>
          <a href="#check-${id}" title="${id}: ${outcome}">${icon(outcome)}<span class="sr">${id}: ${outcome}</span></a>
        </li>`,
    );
    const passed = results.filter(({ outcome }) => outcome === 'pass').length;
    return html`<tr>
      <th scope="row">${area}</th>
      <td>
        <ul class="strip">
          ${marks}
        </ul>
      </td>
      <td class="number">${passed} of ${results.length}</td>
    </tr>`;
  });
  return table({ classes: 'strips', heads: ['Area', 'Checks', 'Passed'], bodies: [{ rows }], hiddenHead: true });
}

type Ruling = { kind: 'read' | 'stopped' | 'unreadable' | 'other'; word: string; detail: string };

function rulingOf({ ruling }: CorsRow): Ruling {
  const status = /^readable, (\d+)$/.exec(ruling)?.[1];
  if (status !== undefined) return { kind: 'read', word: `read ${status}`, detail: `The page read the response, status ${status}.` };
  if (/^Preflight|PreflightResponse$/.test(ruling))
    return { kind: 'stopped', word: 'stopped', detail: `The preflight failed (${ruling}), so the browser did not send the request.` };
  if (/^(net::|unreadable$)/.test(ruling))
    return { kind: 'other', word: 'no response', detail: `The request failed for another reason than CORS: ${ruling}.` };
  return { kind: 'unreadable', word: 'unreadable', detail: `The browser withheld the response from the page (${ruling}).` };
}

const SYMBOL: Readonly<Record<Ruling['kind'], string>> = {
  read: '<path d="m5 12.5 4.6 4.6L19 7" class="stroke"/>',
  stopped: '<circle cx="12" cy="12" r="8" class="stroke"/><path d="M6.4 6.4l11.2 11.2" class="stroke"/>',
  unreadable: '<path d="M3 12s3.4-5.6 9-5.6S21 12 21 12s-3.4 5.6-9 5.6S3 12 3 12zM4.5 19.500 19.500 4.500" class="stroke"/>',
  other: '<path d="M5 12h14" class="stroke dashed"/>',
};

function symbol(kind: Ruling['kind']): Html {
  return { markup: `<svg class="glyph" viewBox="0 0 24 24" aria-hidden="true">${SYMBOL[kind]}</svg>` };
}

/** Origin by method: how the browser treated each request. Highlights what the app cannot read and what another page can. */
export function corsMatrix({ cors }: Run): Html {
  if (cors.length === 0) return html`<p>${NO_ORIGINS}</p>`;
  const columns = [...new Set(cors.map(columnOf))];
  const rows = [...Map.groupBy(cors, ({ kind, origin }) => `${kind}\n${origin}`).values()].map((cells) => {
    const [{ kind, origin } = { kind: '', origin: '' }] = cells;
    const isApp = kind === 'the app';
    const rulings = columns.map((column) => {
      const found = new Map(cells.filter((cell) => columnOf(cell) === column).map((cell) => [cell.ruling, rulingOf(cell)]));
      const parts = [...found.values()].map(({ kind: ruled, word, detail }) => {
        const unexpected = ruled === 'other' || (ruled === 'read') !== isApp;
        return html`<span class="ruling ${ruled} ${unexpected ? 'unexpected' : 'expected'}" title="${detail}"
          >${symbol(ruled)}<span class="word">${unexpected ? '! ' : ''}${word}</span></span
        >`;
      });
      return html`<td>${parts}</td>`;
    });
    return html`<tr>
      <th scope="row"><span class="page">${kind}</span><code>${oneLine(origin)}</code></th>
      ${rulings}
    </tr>`;
  });
  const heads = columns.map(
    (column) =>
      html`<th scope="col">${column.replace('simple ', '')}<small>${column === 'simple GET' ? 'no preflight' : 'with a token'}</small></th>`,
  );
  return html`<ul class="legend key">
      <li><span class="ruling read expected">${symbol('read')}</span> the page read the response</li>
      <li><span class="ruling unreadable expected">${symbol('unreadable')}</span> the browser withheld the response</li>
      <li><span class="ruling stopped expected">${symbol('stopped')}</span> the preflight failed; the request was not sent</li>
      <li><span class="ruling read unexpected">${symbol('read')}</span> framed: unexpected</li>
    </ul>
    ${table({ classes: 'matrix cors', heads: ['Page', ...heads], bodies: [{ rows }] })}`;
}

/** Collection and operation by response. */
export function isolationMatrix({ isolation }: Run): Html {
  if (isolation.length === 0) return html`<p>${NO_ISOLATION}</p>`;
  const bodies = [...Map.groupBy(isolation, ({ collection }) => collection)].map(([group, rows]) => ({ group, rows: rows.map(isolationRow) }));
  const heads = ['Operation', html`<th scope="col">Another tenant's object</th>`, 'Unknown id', 'Owner afterwards'];
  return table({ classes: 'matrix isolation', heads, bodies });
}

/** For another tenant, an object must be indistinguishable from an unknown id and absent from lists. */
function isolationRow({ operation, method, path, foreign, unknown, ownerAfter }: IsolationRow): Html {
  const isAbsent = unknown === '' ? foreign.endsWith('not shown') || foreign === '404' : foreign === unknown && !foreign.startsWith('2');
  const isThere = /, (unchanged|shown)$/.test(ownerAfter);
  const cell = (head: string, text: string, expected: boolean): Html => {
    const observed = html`<span class="observed ${expected ? 'expected' : 'unexpected'}">${expected ? '' : '! '}${oneLine(text)}</span>`;
    return html`<td data-head="${head}">${text === '' ? html`<span class="none">not requested</span>` : observed}</td>`;
  };
  return html`<tr>
    <th scope="row"><b>${operation}</b> <code>${method} ${oneLine(path)}</code></th>
    ${cell("Another tenant's object", foreign, isAbsent)}${cell('Unknown id', unknown, true)}${cell('Owner afterwards', ownerAfter, isThere)}
  </tr>`;
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deviationsOf } from '../findings.ts';
import { changes, findings } from './findings.ts';
import { areaStrips, corsMatrix, isolationMatrix, outcomeBar } from './matrices.ts';
import { required } from './requirements.ts';
import { allChecks, budget, coverage, facts, protections } from './tables.ts';
import { type Html, html, icon, iconSprite, prose, slug } from './text.ts';
import { capital } from '../../model/wording.ts';
import type { Run } from '../../run/run.ts';
import {
  ADVICE_EXPLAINED,
  COVERAGE_EXPLAINED,
  coverageRows,
  harmOf,
  ISOLATION_EXPLAINED,
  liveRelease,
  MEANING,
  notesOf,
  ORIGINS_EXPLAINED,
  RENDERED,
  targetOf,
} from '../sentences.ts';

const STYLE_FILE = path.join(import.meta.dirname, 'report.css');
const OUTCOME_OF_VERDICT = { proven: 'pass', failed: 'fail', 'not proven': 'inconclusive' } as const;

/** One self-contained page: no script and no external resources. Its Content-Security-Policy enforces both. */
export function renderHtml(run: Run): string {
  const style = readFileSync(STYLE_FILE, 'utf8');
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const title = `Audit: ${run.verdict}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${{ markup: `<style>${style}</style>` }}
      </head>
      <body>
        ${iconSprite()}
        <a class="skip" href="#findings">Skip to the findings</a>
        <header class="${slug(run.verdict)}">
          ${harmOf(run).map((harm) => html`<p class="note">${harm}</p>`)}
          <p class="kicker">${prose(targetOf(run))}</p>
          <h1>${icon(OUTCOME_OF_VERDICT[run.verdict])} ${capital(run.verdict)}</h1>
          <p class="meaning">${MEANING[run.verdict]}</p>
          <p class="release">${prose(liveRelease(run))}</p>
          ${notesOf(run).map((note) => html`<p class="note">${prose(note)}</p>`)} ${outcomeBar(run)}
        </header>
        <main>
          <nav aria-label="Sections">
            <a href="#findings">Findings</a><a href="#areas">Areas</a><a href="#origins">Origins</a><a href="#isolation">Isolation</a
            ><a href="#requirements">Requirements</a><a href="#measures">Measures</a><a href="#checks">Checks</a><a href="#run">This run</a>
          </nav>
          ${section('findings', 'Findings', findings(run))} ${advice(run)} ${section('changes', 'Changes', changes(run))}
          ${section('areas', 'Checks by area', areaStrips(run))}
          ${section(
            'origins',
            'Origins and methods',
            html`<p>${ORIGINS_EXPLAINED}</p>
              ${corsMatrix(run)}`,
          )}
          ${section(
            'isolation',
            'Isolation',
            html`<p>${ISOLATION_EXPLAINED}</p>
              ${isolationMatrix(run)}`,
          )}
          ${section('requirements', 'Requirements', required(run))} ${section('measures', 'Security measures', protections(run))}
          ${section('checks', 'All checks', allChecks(run))} ${covered(run)} ${section('run', 'This run', html`${facts(run)}${budget(run)}`)}
        </main>
        <footer>
          <p>${prose(RENDERED)}</p>
        </footer>
      </body>
    </html> `;
  return page.markup;
}

function section(id: string, title: string, content: Html): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${content}
  </section>`;
}

/** Empty where no check over a matrix ran. */
function covered(run: Run): Html | readonly Html[] {
  return coverageRows(run).length === 0
    ? []
    : section(
        'coverage',
        'Coverage',
        html`<p>${COVERAGE_EXPLAINED}</p>
          ${coverage(run)}`,
      );
}

/** Empty where there is none. */
function advice(run: Run): Html | readonly Html[] {
  const deviations = deviationsOf(run);
  if (deviations.length === 0) return [];
  const list = deviations.map(({ id, policy, says }) => html`<li><code>${policy}</code>, <code>${id}</code>: ${says}</li>`);
  return section(
    'advice',
    'Advice',
    html`<p>${prose(ADVICE_EXPLAINED)}</p>
      <ul>
        ${list}
      </ul>`,
  );
}

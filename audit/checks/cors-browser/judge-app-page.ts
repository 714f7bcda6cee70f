import type { AppPageEvidence } from './gather-app-page.ts';
import { conclude, type Observation, requireAttempts, type Verdict, expect, observePass, observeDoubt } from '../../model/verdict.ts';

/** The page was asked for, so that it cannot be reached is a doubt, never a reason to leave it out. */
function reached({ inspection, problem, status }: AppPageEvidence): Observation {
  if (problem !== undefined) return observeDoubt('page-not-reached', `the app's page could not be opened: ${problem}`, inspection);
  return status === 200 ? observePass('page-reached', inspection) : observeDoubt('page-not-reached', `the app's page answered ${status}`, inspection);
}

export function judgeAppPage(evidence: AppPageEvidence): Verdict {
  const { fetches } = evidence;
  return conclude(
    [
      reached(evidence),
      ...requireAttempts('requests by the page', fetches),
      ...fetches.map((fetch) => {
        if (fetch.pageOrigin !== fetch.wantedOrigin)
          return observeDoubt('another-origin', `the page ended at ${fetch.pageOrigin}, not at ${fetch.wantedOrigin}`, fetch);
        if (fetch.edgeAnswered) return observeDoubt('edge-fallback', 'the edge answered in place of the API', fetch);
        const { read } = fetch;
        const isJson = /\bjson\b/.test(read?.headers['content-type'] ?? '');
        if (read !== undefined && (read.status === 429 || read.status >= 500 || !isJson))
          return observeDoubt('no-answer', `${fetch.purpose}: the API answered ${read.status} as ${read.headers['content-type']}`, fetch);
        // A reason of the network's is none of the page's; csp, CORS's own and the like are.
        if (read === undefined && (fetch.refusedBecause ?? 'net::').startsWith('net::'))
          return observeDoubt('no-answer', `${fetch.purpose}: no answer (${fetch.refusedBecause ?? 'no reason given'})`, fetch);
        return expect({
          holds: read?.status === 200,
          code: 'page-cannot-call',
          otherwise: `${fetch.purpose}: ${read === undefined ? `refused by the browser (${fetch.refusedBecause})` : `answered ${read.status}`}`,
          evidence: [fetch],
        });
      }),
    ],
    "The app's own page was opened, and its script read the API under the page's own policy.",
  );
}

export function judgeAppScripts(evidence: AppPageEvidence): Verdict {
  const { inspection, scripts } = evidence;
  return conclude(
    [
      reached(evidence),
      ...requireAttempts('scripts of the page', scripts),
      ...scripts.map(({ url, bytes, leaked }) =>
        bytes === 0
          ? observeDoubt('script-unread', `${url} could not be read`, inspection)
          : expect({ holds: leaked.length === 0, code: 'secret-published', otherwise: `${url} holds ${leaked.join(', ')}`, evidence: [inspection] }),
      ),
    ],
    `${scripts.length} documents, scripts and other texts of the app's page hold no secret.`,
  );
}

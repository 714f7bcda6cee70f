import type { AppPageEvidence } from './gather-app-page.ts';
import { conclude, demand, type Observation, saw, requireAttempts, type Verdict } from '../../model/verdict.ts';

/** The page was asked for, so that it cannot be reached is a doubt, never a reason to leave it out. */
function reached({ inspection, problem, status }: AppPageEvidence): Observation {
  if (problem !== undefined) return saw('inconclusive', 'page-not-reached', `the app's page could not be opened: ${problem}`, inspection);
  return status === 200
    ? saw('pass', 'page-reached', "the app's page was opened", inspection)
    : saw('inconclusive', 'page-not-reached', `the app's page answered ${status}`, inspection);
}

export function judgeAppPage(evidence: AppPageEvidence): Verdict {
  const { fetches } = evidence;
  return conclude(
    [
      reached(evidence),
      ...requireAttempts('requests by the page', fetches),
      ...fetches.map((fetch) => {
        if (fetch.pageOrigin !== fetch.wantedOrigin)
          return saw('inconclusive', 'another-origin', `the page ended at ${fetch.pageOrigin}, not at ${fetch.wantedOrigin}`, fetch);
        if (fetch.edgeAnswered) return saw('inconclusive', 'edge-fallback', 'the edge answered in place of the API', fetch);
        const { read } = fetch;
        const isJson = /\bjson\b/.test(read?.headers['content-type'] ?? '');
        if (read !== undefined && (read.status === 429 || read.status >= 500 || !isJson))
          return saw('inconclusive', 'no-answer', `${fetch.purpose}: the API answered ${read.status} as ${read.headers['content-type']}`, fetch);
        // A reason of the network's is none of the page's; csp, CORS's own and the like are.
        if (read === undefined && (fetch.refusedBecause ?? 'net::').startsWith('net::'))
          return saw('inconclusive', 'no-answer', `${fetch.purpose}: no answer (${fetch.refusedBecause ?? 'no reason given'})`, fetch);
        return demand(
          read?.status === 200,
          'page-cannot-call',
          `${fetch.purpose}: read`,
          `${fetch.purpose}: ${read === undefined ? `refused by the browser (${fetch.refusedBecause})` : `answered ${read.status}`}`,
          fetch,
        );
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
          ? saw('inconclusive', 'script-unread', `${url} could not be read`, inspection)
          : demand(leaked.length === 0, 'secret-published', `${url} is clean`, `${url} holds ${leaked.join(', ')}`, inspection),
      ),
    ],
    `${scripts.length} documents, scripts and other texts of the app's page hold no secret.`,
  );
}

import type { AppPageEvidence } from './gather-app-page.ts';
import { isJsonType } from '../../model/header-fields.ts';
import { conclude, type Observation, requireAttempts, type Verdict, expect, observePass, observeDoubt } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';

/** The operator configured the page, so an unreachable page is a doubt and not a reason to omit the check. */
function reached({ inspection, problem, status }: AppPageEvidence): Observation {
  if (problem !== undefined) return observeDoubt('page-not-reached', `The app's page could not be opened: ${problem}`, inspection);
  return status === 200 ? observePass('page-reached', inspection) : observeDoubt('page-not-reached', `The app's page returned ${status}`, inspection);
}

export function judgeAppPage(evidence: AppPageEvidence): Verdict {
  const { fetches } = evidence;
  return conclude(
    [
      reached(evidence),
      ...requireAttempts('requests by the page', fetches),
      ...fetches.map((fetch) => {
        if (fetch.pageOrigin !== fetch.expectedOrigin)
          return observeDoubt('another-origin', `The page redirected to ${fetch.pageOrigin}, away from ${fetch.expectedOrigin}`, fetch);
        if (fetch.edgeResponded) return observeDoubt('edge-fallback', 'The edge responded in place of the API', fetch);
        const { read } = fetch;
        const isJson = isJsonType(read?.headers['content-type']);
        if (read !== undefined && (read.status === 429 || read.status >= 500 || !isJson))
          return observeDoubt(
            'no-answer',
            `${fetch.purpose}: the API returned ${read.status} with Content-Type ${read.headers['content-type'] ?? 'absent'}`,
            fetch,
          );
        // A network error is not caused by the page's policy or by CORS.
        if (read === undefined && (fetch.blockedBecause ?? 'net::').startsWith('net::'))
          return observeDoubt('no-answer', `${fetch.purpose}: no response (${fetch.blockedBecause ?? 'no reason given'})`, fetch);
        return expect(
          read?.status === 200,
          'page-cannot-call',
          `${fetch.purpose}: ${read === undefined ? `blocked by the browser (${fetch.blockedBecause})` : `returned ${read.status}`}`,
          fetch,
        );
      }),
    ],
    "The app's page was opened, and its script could call the API under the page's own policy.",
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
          : expect(leaked.length === 0, 'secret-published', `${url} contains ${leaked.join(', ')}`, inspection),
      ),
    ],
    `No secret in ${counted(scripts.length, 'file')} of the app's page (documents, scripts and other text).`,
  );
}

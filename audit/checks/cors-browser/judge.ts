import type { BrowserExchange } from '../../model/exchange.ts';
import type { BrowserCorsEvidence, PageEvidence, PageGroup } from './gather.ts';
import type { Engine } from '../../gather/browser/page.ts';
import { PERMISSIVE_BODY } from '../../model/permissive-host.ts';
import { isHtmlPage, pathOf, promised } from '../../model/response.ts';
import {
  conclude,
  type Observation,
  combine,
  requireAttempts,
  type Verdict,
  expect,
  observe,
  observePass,
  observeFailure,
  observeDoubt,
} from '../../model/verdict.ts';
import { unchanged } from '../unchanged.ts';

/** The browser itself: origins as asked for, a readable permissive host, preflights that really leave. */
export function judgeBrowserControl({ allowed, refused, preflightsSeenByControl, version }: BrowserCorsEvidence): Verdict {
  const pages = [allowed, ...refused];
  const observations = [...requireAttempts('pages that are to be refused', refused), ...pages.flatMap((page) => controlsOf(page))];
  const wanted = pages.length;
  const all = pages.flatMap(({ controls }) => controls);
  observations.push(
    preflightsSeenByControl >= wanted
      ? observePass('preflights-leave', ...all)
      : observeDoubt(
          'preflights-missing',
          `the permissive host saw ${preflightsSeenByControl} preflights of ${wanted} or more: something answers them on the way`,
          ...all,
        ),
  );
  return conclude(
    observations,
    `${version} at ${pages.length} origins: each page had its origin and could read a permissive host, which saw the preflights.`,
  );
}

/** What the app's own page must be able to do. */
export function judgeAllowedOrigin({ allowed }: BrowserCorsEvidence): Verdict {
  const observations = allowed.fetches.map((fetch) => readable(fetch, (status) => status >= 200 && status < 300, 'a success'));
  const methods = allowed.fetches.map(({ request }) => request.method);
  return conclude(
    controlled(allowed, observations),
    `The app's page read ${methods.join(', ')}; every request with a token was preceded by a preflight.`,
  );
}

export function judgeReadableErrors({ allowed, readableErrors, victims, documentedHeaders }: BrowserCorsEvidence): Verdict {
  const provoked = readableErrors.map(({ wanted }) => wanted);
  // The contract states with which status an invalid body is rejected.
  const missing = [[401], [404], [422, 400]]
    .filter((fitting) => !fitting.some((status) => provoked.includes(status)))
    .flatMap(([status]) => requireAttempts(String(status), []));
  const observations = readableErrors.flatMap(({ wanted, fetch }) => {
    const status = readable(fetch, (got) => got === wanted, `${wanted}`);
    if (status.outcome !== 'pass') return [status];
    return [
      status,
      expect({
        holds: fetch.read?.headers['ratelimit'] !== undefined,
        code: 'limit-not-exposed',
        otherwise: `the script cannot read the RateLimit header on ${wanted}`,
        evidence: [fetch],
      }),
    ];
  });
  // Another creation shows what such an answer carries.
  const [created] = victims.map(({ victim }) => victim.created);
  const creation = allowed.fetches.find(({ request, read }) => request.method === 'POST' && read?.status === created?.response?.status);
  const carried = created && creation ? promised(created, documentedHeaders) : [];
  const hidden = carried.filter((name) => creation?.read?.headers[name] === undefined);
  if (creation && carried.length > 0) {
    const broken = `the script cannot read ${hidden.join(', ')} of what it has created`;
    observations.push(expect({ holds: hidden.length === 0, code: 'header-not-exposed', otherwise: broken, evidence: [creation] }));
  }
  return conclude([...missing, ...observations], `The script read the status, body and RateLimit header of ${provoked.join(', ')}.`);
}

export function judgeUnlistedPages({ engine, refused, victims }: BrowserCorsEvidence, group: PageGroup): Verdict {
  const pages = refused.filter((page) => page.group === group);
  const observations = pages.flatMap((page) => [
    ...requireAttempts(`a page at ${page.origin}`, page.fetches),
    ...controlled(
      page,
      page.fetches.map((fetch) => refusal(page, fetch, engine)),
    ),
  ]);
  const requests = pages.reduce((sum, { fetches }) => sum + fetches.length, 0);
  // The API was there all the time: a dead one refuses everybody.
  const attacked = victims.filter((each) => each.group === group);
  if (pages.length > 0) observations.push(...requireAttempts('objects to attack', attacked), ...attacked.map(apiStillAnswers));
  return conclude(
    observations,
    `${requests} requests from ${pages.map(({ origin }) => origin).join(', ')}: none was readable, no write left the browser.`,
  );
}

export function judgePageWrites({ refused, victims, listAfter, refusedTexts }: BrowserCorsEvidence): Verdict {
  const observations = victims.flatMap(({ group, victim, after }) => {
    const fetches = refused.filter((page) => page.group === group).flatMap((page) => page.fetches);
    const seen = unchanged(victim, after, listAfter, refusedTexts);
    return fetches.some((fetch) => isPreflighted(fetch) && fetch.requestLeft) ? seen : seen.map(unexplained);
  });
  return conclude(observations, 'The owner found the objects unchanged and nothing new beside them.');
}

/** What the browser has not sent has changed nothing: another request has. */
function unexplained(seen: Observation): Observation {
  if (seen.outcome !== 'fail') return seen;
  return { ...seen, outcome: 'inconclusive', says: `${seen.says}; but no write of these pages left the browser` };
}

/** Another engine rules as Chromium does. */
export function judgeOtherBrowser(evidence: BrowserCorsEvidence): Verdict {
  const verdict = combine([
    judgeBrowserControl(evidence),
    judgeAllowedOrigin(evidence),
    judgeReadableErrors(evidence),
    judgeUnlistedPages(evidence, 'foreign'),
    judgeUnlistedPages(evidence, 'null'),
    judgePageWrites(evidence),
  ]);
  return verdict.outcome === 'pass'
    ? { ...verdict, summary: `${evidence.version} agrees: the app's page read all, a foreign page and one without an origin nothing.` }
    : verdict;
}

function controlsOf(page: PageEvidence): Observation[] {
  const observations = page.controls.map((fetch) =>
    fetch.read?.status === 200 && fetch.read.body === PERMISSIVE_BODY && fetch.pageOrigin === fetch.wantedOrigin
      ? observePass('control-readable', fetch)
      : observeDoubt(
          'control-failed',
          `a page at ${page.origin} (really ${fetch.pageOrigin}) could not read the permissive host: ${fetch.refusedBecause ?? 'no reason given'}`,
          fetch,
        ),
  );
  return observations.length > 0 ? observations : [observeDoubt('control-missing', `no control was made at ${page.origin}`)];
}

function apiStillAnswers({ victim, after }: BrowserCorsEvidence['victims'][number]): Observation {
  return after.response?.status === 200 && after.response.body.includes(victim.text)
    ? observePass('api-answers', after)
    : observeDoubt(
        'control-failed',
        `afterwards the owner could not read the object (${after.response?.status ?? after.error ?? 'no answer'}), so refusals prove nothing`,
        after,
      );
}

/** Why a browser's ruling says nothing about the API's policy. */
function browserDoubt(fetch: BrowserExchange, what: string): Observation | undefined {
  if (fetch.pageOrigin !== fetch.wantedOrigin) return observeDoubt('wrong-page-origin', `${what}: the page's origin was ${fetch.pageOrigin}`, fetch);
  if (fetch.edgeAnswered) return observeDoubt('edge-fallback', `${what}: the platform's edge answered, not the API`, fetch);
  const answered = [fetch.preflight?.status, fetch.status];
  if (answered.includes(429))
    return observeDoubt('rate-limited', `${what}: the limiter answered${answered[0] === 429 ? ' the preflight with' : ''} 429`, fetch);
  const broken = answered.find((status) => (status ?? 0) >= 500);
  return broken === undefined ? undefined : observeDoubt('server-error', `${what}: the API answered ${broken}`, fetch);
}

/** A refusal, or a success, counts only where the control at the same origin worked. */
function controlled(page: PageEvidence, observations: readonly Observation[]): Observation[] {
  const doubt = controlsOf(page).filter(({ outcome }) => outcome !== 'pass');
  if (doubt.length === 0) return [...observations];
  return [...doubt, ...observations.filter(({ outcome }) => outcome !== 'pass')];
}

function refusal(page: PageEvidence, fetch: BrowserExchange, engine: Engine): Observation {
  const what = `${fetch.purpose} (${fetch.request.method} ${pathOf(fetch.request.url)}) from ${page.origin}`;
  if (fetch.read !== undefined) return observeFailure('readable', `${what} was readable (status ${fetch.read.status})`, fetch);
  const doubt = browserDoubt(fetch, what);
  if (doubt) return doubt;
  if (isPreflighted(fetch) && fetch.requestLeft)
    return observeFailure('write-left-browser', `${what} was sent although its answer was not readable`, fetch);
  if (fetch.refusedBecause === undefined || !isCorsReason(fetch.refusedBecause)) {
    return observeDoubt('not-a-cors-refusal', `${what} failed for another reason than CORS: ${fetch.refusedBecause ?? 'none given'}`, fetch);
  }
  const answerSeen = (isPreflighted(fetch) ? fetch.preflight?.status : fetch.status) !== undefined;
  if (engine === 'chromium' && !answerSeen) return observeDoubt('answer-unseen', `${what}: no answer of the API was seen`, fetch);
  return observePass('refused', fetch);
}

function readable(fetch: BrowserExchange, wanted: (status: number) => boolean, wish: string): Observation {
  const what = `${fetch.purpose} (${fetch.request.method} ${pathOf(fetch.request.url)}) from the app's page`;
  const doubt = browserDoubt(fetch, what);
  if (doubt) return doubt;
  if (fetch.read === undefined) {
    const reason = fetch.refusedBecause ?? 'no reason given';
    return observe(
      isCorsReason(reason) ? 'fail' : 'inconclusive',
      isCorsReason(reason) ? 'unreadable' : 'no-answer',
      `${what} was not readable: ${reason}`,
      fetch,
    );
  }
  const { status, headers, body } = fetch.read;
  if (isHtmlPage(headers['content-type'], body)) return observeDoubt('html-answer', `${what} was answered with an HTML page`, fetch);
  if (!wanted(status))
    return observe(status === 429 || status >= 500 ? 'inconclusive' : 'fail', 'wrong-status', `${what} answered ${status}, not ${wish}`, fetch);
  if (isPreflighted(fetch) && fetch.preflight === undefined) return observeDoubt('preflight-unseen', `${what}: no preflight was seen`, fetch);
  return observePass('readable', fetch);
}

function isPreflighted({ request }: BrowserExchange): boolean {
  return request.headers.length > 0 || !['GET', 'HEAD', 'POST'].includes(request.method);
}

/** What else a browser gives as its reason (net:: errors, NS_ERROR_CONNECTION_REFUSED, blocked reasons) means that something else went wrong. */
function isCorsReason(reason: string): boolean {
  return CORS_REASONS.some((pattern) => pattern.test(reason));
}

const CORS_REASONS = [
  // Chromium: Network.CorsError of the DevTools protocol.
  /^(DisallowedByMode|InvalidResponse|WildcardOriginNotAllowed|MissingAllowOriginHeader|MultipleAllowOriginValues|InvalidAllowOriginValue|AllowOriginMismatch|InvalidAllowCredentials|CorsDisabledScheme|Preflight(InvalidStatus|DisallowedRedirect|WildcardOriginNotAllowed|MissingAllowOriginHeader|MultipleAllowOriginValues|InvalidAllowOriginValue|AllowOriginMismatch|InvalidAllowCredentials)|InvalidAllowMethodsPreflightResponse|InvalidAllowHeadersPreflightResponse|MethodDisallowedByPreflightResponse|HeaderDisallowedByPreflightResponse|RedirectContainsCredentials)$/,
  // Firefox, when the preflight was refused.
  /^NS_ERROR_DOM_BAD_URI$/,
  // WebKit: CrossOriginAccessControl.cpp and CrossOriginPreflightChecker.cpp.
  /^(Origin \S+ is not allowed by Access-Control-Allow-Origin|Access-Control-Allow-Origin |Preflight response is not successful|Method \S+ is not allowed by Access-Control-Allow-Methods|Request header field \S+ is not allowed by Access-Control-Allow-Headers)/,
  // Firefox and WebKit: an answer came, and the script did not get it.
  /^AnswerWithheld$/,
];

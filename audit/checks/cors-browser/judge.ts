import type { BrowserExchange } from '../../model/exchange.ts';
import type { BrowserCorsEvidence, PageEvidence, PageGroup } from './gather.ts';
import type { Engine } from '../../gather/browser/page.ts';
import { PERMISSIVE_BODY } from '../../model/permissive-host.ts';
import { isHtmlPage, pathOf, promised, statusOf, isFound } from '../../model/response.ts';
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
  underPolicy,
} from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import { unchanged } from '../unchanged.ts';

/** The browser itself: pages with their origins, a readable permissive host, preflights that leave the machine. */
export function judgeBrowserControl({ allowed, unlisted, preflightsSeenByControl, version }: BrowserCorsEvidence): Verdict {
  const pages = [allowed, ...unlisted];
  const observations = [...requireAttempts('pages at disallowed origins', unlisted), ...pages.flatMap((page) => controlsOf(page))];
  const all = pages.flatMap(({ controls }) => controls);
  observations.push(
    preflightsSeenByControl >= pages.length
      ? observePass('preflights-leave', ...all)
      : observeDoubt(
          'preflights-missing',
          `The permissive host received ${counted(preflightsSeenByControl, 'preflight')} instead of at least ${pages.length}, so something else responds to them`,
          ...all,
        ),
  );
  return conclude(
    observations,
    `${version}: each of ${counted(pages.length, 'page')} had its origin and could read a permissive host, which received the preflights.`,
  );
}

/** The app's own page can use every method. */
export function judgeAllowedOrigin({ allowed }: BrowserCorsEvidence): Verdict {
  const observations = allowed.fetches.map((fetch) => readable(fetch, (status) => status >= 200 && status < 300, '2xx'));
  const methods = new Set(allowed.fetches.map(({ request }) => request.method));
  return conclude(
    controlled(allowed, observations),
    `The app's page could read every response to ${[...methods].join(', ')}. The browser sent a preflight before every request with a token.`,
  );
}

export function judgeReadableErrors({ allowed, readableErrors, victims, documentedHeaders }: BrowserCorsEvidence): Verdict {
  const statuses = readableErrors.map((error) => error.expected);
  // The contract determines the status for an invalid body.
  const missing = [[401], [404], [422, 400]]
    .filter((accepted) => !accepted.some((status) => statuses.includes(status)))
    .flatMap(([status]) => requireAttempts(`a request that returns ${status}`, []));
  const observations = readableErrors.flatMap(({ expected, fetch }) => {
    // The checks of tokens judge a 403 without a token.
    const readStatus = readable(fetch, (got) => got === expected || (expected === 401 && got === 403), `${expected}`);
    if (readStatus.outcome !== 'pass') return [readStatus];
    return [
      readStatus,
      underPolicy(
        'rate-limit-headers',
        expect(
          fetch.read?.headers['ratelimit'] !== undefined,
          'limit-not-exposed',
          `The page's script cannot read the RateLimit header of the ${fetch.read?.status}`,
          fetch,
        ),
      ),
    ];
  });
  const isLimitRead = readableErrors.every(({ fetch }) => fetch.read?.headers['ratelimit'] !== undefined);
  // A creation by the audit itself shows which headers the response has.
  const [created] = victims.map(({ victim }) => victim.created);
  const creation = allowed.fetches.find(({ request, read }) => request.method === 'POST' && read?.status === created?.response?.status);
  const present = created && creation ? promised(created, documentedHeaders) : [];
  const hidden = present.filter((name) => creation?.read?.headers[name] === undefined);
  if (creation && present.length > 0) {
    const broken = `The page's script cannot read ${hidden.join(', ')} of the response to its creation`;
    observations.push(expect(hidden.length === 0, 'header-not-exposed', broken, creation));
  }
  return conclude(
    [...missing, ...observations],
    `The page's script read the status and body of ${readableErrors.map(({ fetch }) => fetch.read?.status).join(', ')}${isLimitRead ? ', and their RateLimit headers' : ''}.`,
  );
}

export function judgeUnlistedPages({ engine, unlisted, victims }: BrowserCorsEvidence, group: PageGroup): Verdict {
  const pages = unlisted.filter((page) => page.group === group);
  const observations = pages.flatMap((page) => [
    ...requireAttempts(`a page at ${page.origin}`, page.fetches),
    ...controlled(
      page,
      page.fetches.map((fetch) => blocked(page, fetch, engine)),
    ),
  ]);
  const requests = pages.reduce((sum, { fetches }) => sum + fetches.length, 0);
  // The API still responds: browsers block every page where the API is down.
  const attacked = victims.filter((each) => each.group === group);
  if (pages.length > 0) observations.push(...requireAttempts('objects to attack', attacked), ...attacked.map(apiStillResponds));
  return conclude(
    observations,
    `${counted(requests, 'request')} from ${pages.map(({ origin }) => origin).join(', ')}: the browser blocked every response, and no write left it.`,
  );
}

export function judgePageWrites({ unlisted, victims, listAfter, rejectedTexts }: BrowserCorsEvidence): Verdict {
  const observations = victims.flatMap(({ group, victim, after }) => {
    const fetches = unlisted.filter((page) => page.group === group).flatMap((page) => page.fetches);
    const observed = unchanged(victim, after, listAfter, rejectedTexts);
    return fetches.some((fetch) => isPreflighted(fetch) && fetch.requestLeft) ? observed : observed.map(unexplained);
  });
  return conclude(observations, 'The owner found its objects unchanged and no new object.');
}

/** A write that did not leave the browser cannot have caused the change. */
function unexplained(observation: Observation): Observation {
  if (observation.outcome !== 'fail') return observation;
  return { ...observation, outcome: 'inconclusive', says: `${observation.says}, although no write of these pages left the browser` };
}

/** The core of the matrix in another engine. */
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
    ? { ...verdict, summary: `${evidence.version}: the app's page read every response, and a foreign page and one with the origin null read none.` }
    : verdict;
}

function controlsOf(page: PageEvidence): Observation[] {
  const observations = page.controls.map((fetch) =>
    fetch.read?.status === 200 && fetch.read.body === PERMISSIVE_BODY && fetch.pageOrigin === fetch.expectedOrigin
      ? observePass('control-readable', fetch)
      : observeDoubt(
          'control-failed',
          `The page at ${page.origin} (origin in the browser: ${fetch.pageOrigin}) could not read the permissive host: ${fetch.blockedBecause ?? 'no reason given'}`,
          fetch,
        ),
  );
  return observations.length > 0 ? observations : [observeDoubt('control-missing', `No control request was sent from the page at ${page.origin}`)];
}

function apiStillResponds({ victim, after }: BrowserCorsEvidence['victims'][number]): Observation {
  return isFound(after, victim.text)
    ? observePass('api-responds', after)
    : observeDoubt('control-failed', `The owner could not read the object afterwards (${statusOf(after)}), so blocked requests prove nothing`, after);
}

/** Why the decision of a browser shows nothing about the API's policy. */
function browserDoubt(fetch: BrowserExchange, what: string): Observation | undefined {
  if (fetch.pageOrigin !== fetch.expectedOrigin)
    return observeDoubt('wrong-page-origin', `${what}: the page had the origin ${fetch.pageOrigin}`, fetch);
  if (fetch.edgeResponded) return observeDoubt('edge-fallback', `${what}: the platform's edge responded in place of the API`, fetch);
  const statuses = [fetch.preflight?.status, fetch.status];
  if (statuses.includes(429))
    return observeDoubt('rate-limited', `${what}: the rate limiter returned 429${statuses[0] === 429 ? ' to the preflight' : ''}`, fetch);
  const broken = statuses.find((status) => (status ?? 0) >= 500);
  return broken === undefined ? undefined : observeDoubt('server-error', `${what}: the API returned ${broken}`, fetch);
}

/** A blocked or a readable response counts only where the control at the same origin worked. */
function controlled(page: PageEvidence, observations: readonly Observation[]): Observation[] {
  const doubt = controlsOf(page).filter(({ outcome }) => outcome !== 'pass');
  if (doubt.length === 0) return [...observations];
  return [...doubt, ...observations.filter(({ outcome }) => outcome !== 'pass')];
}

function blocked(page: PageEvidence, fetch: BrowserExchange, engine: Engine): Observation {
  const what = `${fetch.purpose} (${fetch.request.method} ${pathOf(fetch.request.url)}) from ${page.origin}`;
  if (fetch.read !== undefined) return observeFailure('readable', `The page could read the response to ${what} (status ${fetch.read.status})`, fetch);
  const doubt = browserDoubt(fetch, what);
  if (doubt) return doubt;
  if (isPreflighted(fetch) && fetch.requestLeft)
    return observeFailure('write-left-browser', `The browser sent ${what}, although it blocked the response`, fetch);
  if (fetch.blockedBecause === undefined || !isCorsReason(fetch.blockedBecause)) {
    return observeDoubt('not-a-cors-error', `${what} failed for another reason than CORS: ${fetch.blockedBecause ?? 'no reason given'}`, fetch);
  }
  const hasStatus = (isPreflighted(fetch) ? fetch.preflight?.status : fetch.status) !== undefined;
  if (engine === 'chromium' && !hasStatus) return observeDoubt('response-unseen', `${what}: the browser reported no response of the API`, fetch);
  return observePass('blocked', fetch);
}

function readable(fetch: BrowserExchange, accepts: (status: number) => boolean, expected: string): Observation {
  const what = `${fetch.purpose} (${fetch.request.method} ${pathOf(fetch.request.url)}) from the app's page`;
  const doubt = browserDoubt(fetch, what);
  if (doubt) return doubt;
  if (fetch.read === undefined) {
    const reason = fetch.blockedBecause ?? 'no reason given';
    return observe(
      isCorsReason(reason) ? 'fail' : 'inconclusive',
      isCorsReason(reason) ? 'unreadable' : 'no-answer',
      `The page could not read the response to ${what}: ${reason}`,
      fetch,
    );
  }
  const { status, headers, body } = fetch.read;
  if (isHtmlPage(headers['content-type'], body)) return observeDoubt('html-answer', `${what} returned an HTML page`, fetch);
  if (!accepts(status))
    return observe(
      status === 429 || status >= 500 ? 'inconclusive' : 'fail',
      'wrong-status',
      `${what} returned ${status} instead of ${expected}`,
      fetch,
    );
  if (isPreflighted(fetch) && fetch.preflight === undefined)
    return observeDoubt('preflight-unseen', `${what}: the browser reported no preflight`, fetch);
  return observePass('readable', fetch);
}

function isPreflighted({ request }: BrowserExchange): boolean {
  return request.headers.length > 0 || !['GET', 'HEAD', 'POST'].includes(request.method);
}

/** Other reasons of a browser (net:: errors, NS_ERROR_CONNECTION_REFUSED, blocked reasons) are not about CORS. */
function isCorsReason(reason: string): boolean {
  return CORS_REASONS.some((pattern) => pattern.test(reason));
}

const CORS_REASONS = [
  // Chromium: Network.CorsError of the DevTools protocol.
  /^(DisallowedByMode|InvalidResponse|WildcardOriginNotAllowed|MissingAllowOriginHeader|MultipleAllowOriginValues|InvalidAllowOriginValue|AllowOriginMismatch|InvalidAllowCredentials|CorsDisabledScheme|Preflight(InvalidStatus|DisallowedRedirect|WildcardOriginNotAllowed|MissingAllowOriginHeader|MultipleAllowOriginValues|InvalidAllowOriginValue|AllowOriginMismatch|InvalidAllowCredentials)|InvalidAllowMethodsPreflightResponse|InvalidAllowHeadersPreflightResponse|MethodDisallowedByPreflightResponse|HeaderDisallowedByPreflightResponse|RedirectContainsCredentials)$/,
  // Firefox, where the preflight was rejected.
  /^NS_ERROR_DOM_BAD_URI$/,
  // WebKit: CrossOriginAccessControl.cpp and CrossOriginPreflightChecker.cpp.
  /^(Origin \S+ is not allowed by Access-Control-Allow-Origin|Access-Control-Allow-Origin |Preflight response is not successful|Method \S+ is not allowed by Access-Control-Allow-Methods|Request header field \S+ is not allowed by Access-Control-Allow-Headers)/,
  // Firefox and WebKit: a response arrived, and the script did not get it.
  /^AnswerWithheld$/,
];

import type { BrowserExchange, Exchange } from '../exchange.ts';
import type { BrowserCorsEvidence, PageEvidence } from '../probe/browser-cors.ts';
import type { StatusClassesEvidence } from '../probe/status-classes.ts';
import type { WireCorsEvidence } from '../probe/wire-cors.ts';
import { asked, cannotTell, expectStatus, header, notReached, pathOf } from './answer.ts';
import { decide, demand, isSilent, type Observation, saw, tried, type Verdict } from './verdict.ts';

/** The browser itself: origins as asked for, a readable permissive host, preflights that really leave. */
/** What the permissive host says: a proxy that answers for every host does not know it. */
const PERMISSIVE_BODY = 'readable';

export function judgeBrowserControl({ allowed, refused, preflightsSeenByControl, version }: BrowserCorsEvidence): Verdict {
  const pages = [allowed, ...refused];
  const observations = [...tried('pages that are to be refused', refused), ...pages.flatMap((page) => controlsOf(page))];
  const wanted = pages.length;
  const all = pages.flatMap(({ controls }) => controls);
  observations.push(
    preflightsSeenByControl >= wanted
      ? saw('pass', 'preflights-leave', `the permissive host saw ${preflightsSeenByControl} preflights`, ...all)
      : saw(
          'inconclusive',
          'preflights-missing',
          `the permissive host saw ${preflightsSeenByControl} preflights of ${wanted} or more: something answers them on the way`,
          ...all,
        ),
  );
  return decide(
    observations,
    `${version} at ${pages.length} origins: each page had its origin and could read a permissive host, which saw the preflights.`,
  );
}

/** What the app's own page must be able to do. */
export function judgeAllowedOrigin({ allowed }: BrowserCorsEvidence): Verdict {
  const observations = allowed.fetches.map((fetch) => readable(fetch, (status) => status >= 200 && status < 300, 'a success'));
  const methods = allowed.fetches.map(({ request }) => request.method);
  return decide(
    controlled(allowed, observations),
    `The app's page read ${methods.join(', ')}; every request with a token was preceded by a preflight.`,
  );
}

export function judgeReadableErrors({ readableErrors }: BrowserCorsEvidence): Verdict {
  const asked = readableErrors.map(({ purpose }) => purpose);
  const missing = ['401', '404', '422'].filter((status) => !asked.includes(status)).flatMap((status) => tried(status, []));
  const observations = readableErrors.flatMap((fetch) => {
    const wanted = Number(fetch.purpose);
    const status = readable(fetch, (got) => got === wanted, `${wanted}`);
    if (status.outcome !== 'pass') return [status];
    return [
      status,
      demand(
        fetch.read?.headers['ratelimit'] !== undefined,
        'limit-not-exposed',
        `RateLimit is readable on ${wanted}`,
        `the script cannot read the RateLimit header on ${wanted}`,
        fetch,
      ),
    ];
  });
  return decide([...missing, ...observations], 'The script read the status, body and RateLimit header of 401, 404 and 422.');
}

export type RefusedGroup = 'foreign' | 'null' | 'look-alike';

export function judgeRefusedOrigins({ refused, victim, victimAfter }: BrowserCorsEvidence, group: RefusedGroup): Verdict {
  const pages = refused.filter(({ kind }) => groupOf(kind) === group);
  const observations = pages.flatMap((page) => [
    ...tried(`a page at ${page.origin}`, page.fetches),
    ...controlled(
      page,
      page.fetches.map((fetch) => refusal(page, fetch)),
    ),
  ]);
  const requests = pages.reduce((sum, { fetches }) => sum + fetches.length, 0);
  // The API was there all the time: a dead one refuses everybody.
  if (pages.length > 0) observations.push(apiStillAnswers(victim, victimAfter));
  return decide(
    observations,
    `${requests} requests from ${pages.map(({ origin }) => origin).join(', ')}: none was readable, no write left the browser.`,
  );
}

export function judgeRefusedWrites({ victim, victimAfter, listAfter, refusedTexts }: BrowserCorsEvidence): Verdict {
  return decide(unchanged(victim, victimAfter, listAfter, refusedTexts), 'The owner found the object unchanged and nothing new beside it.');
}

export function judgeWireRefusedWrites({ victim, victimAfter, listAfter, refusedText, writes }: WireCorsEvidence): Verdict {
  const refusals = writes.map((exchange) => expectStatus(exchange, 403, 'write-not-refused'));
  return decide(
    [...tried('foreign writes', writes), ...unchanged(victim, victimAfter, listAfter, [refusedText]), ...refusals],
    `${writes.length} writes with the owner's token from a foreign origin got 403, and the owner found everything unchanged.`,
  );
}

export function judgeWirePreflight({ appOrigin, preflights, greedyPreflight }: WireCorsEvidence): Verdict {
  const observations = preflights.flatMap(({ method, exchange }): Observation[] => {
    const doubt = cannotTell(exchange);
    if (doubt) return [doubt];
    const methods = listOf(header(exchange, 'access-control-allow-methods'));
    const headers = listOf(header(exchange, 'access-control-allow-headers'));
    const maxAge = Number(header(exchange, 'access-control-max-age') ?? 5);
    const credentials = header(exchange, 'access-control-allow-credentials');
    return [
      demand(
        header(exchange, 'ratelimit') === undefined,
        'preflight-counted',
        'preflights are not counted',
        `the preflight for ${method} counts against the limit`,
        exchange,
      ),
      demand(
        credentials === undefined,
        'credentials-allowed',
        'no cookies',
        'the preflight allows credentials, which bearer tokens do not need',
        exchange,
      ),
      demand(
        [200, 204].includes(exchange.answer?.status ?? 0),
        'preflight-refused',
        `preflight for ${method} succeeded`,
        `preflight for ${method} answered ${exchange.answer?.status}`,
        exchange,
      ),
      demand(
        header(exchange, 'access-control-allow-origin') === appOrigin,
        'origin-not-exact',
        `exact origin for ${method}`,
        `preflight for ${method} allows ${header(exchange, 'access-control-allow-origin') ?? 'no origin'}`,
        exchange,
      ),
      demand(
        methods.includes(method.toLowerCase()),
        'method-not-allowed',
        `${method} is allowed`,
        `the preflight does not allow ${method}`,
        exchange,
      ),
      demand(
        ['authorization', 'content-type'].every((name) => headers.includes(name)),
        'header-not-allowed',
        'the needed headers are allowed',
        'the preflight does not allow Authorization and Content-Type',
        exchange,
      ),
      demand(maxAge <= 86_400, 'max-age-too-long', 'Max-Age is a day at most', `Max-Age is ${maxAge} s, more than a day`, exchange),
    ];
  });
  const greedyMethods = listOf(header(greedyPreflight, 'access-control-allow-methods'));
  const greedyHeaders = listOf(header(greedyPreflight, 'access-control-allow-headers'));
  const tooMuch = [...greedyMethods, ...greedyHeaders].filter((value) => ['*', 'trace', 'connect', 'x-evil'].includes(value));
  observations.push(
    cannotTell(greedyPreflight) ??
      demand(
        tooMuch.length === 0,
        'preflight-too-generous',
        'neither TRACE nor an unknown header is allowed',
        `the preflight allows ${tooMuch.join(', ')}`,
        greedyPreflight,
      ),
    ...(header(greedyPreflight, 'access-control-allow-private-network') === undefined
      ? []
      : [saw('fail', 'private-network', 'the preflight allows private network access', greedyPreflight)]),
  );
  return decide(
    [...tried('preflights', preflights), ...observations],
    `Preflights for ${preflights.map(({ method }) => method).join(', ')} got the exact origin, the needed headers and no more.`,
  );
}

export function judgeWireRefusedOrigins({ appOrigin, refused, twoOrigins }: WireCorsEvidence): Verdict {
  const single = refused.flatMap(({ kind, origin, get, preflight }) => [
    ...noPermission(get, origin, kind),
    refusedWith403(get),
    ...noPermission(preflight, origin, kind),
    cannotTell(preflight) ?? saw('pass', 'preflight-refused', `preflight from ${kind} got no permission`, preflight),
  ]);
  const double = [...noPermission(twoOrigins, appOrigin, 'two Origin headers'), refusedWith403(twoOrigins)];
  return decide(
    [...tried('origins that are to be refused', refused), ...single, ...double],
    `${refused.length} origins and two at once: each got 403 and no permission, their preflights neither.`,
  );
}

export function judgeVary({ refused, preflights }: WireCorsEvidence, { classes }: StatusClassesEvidence, others: readonly Exchange[]): Verdict {
  const exchanges = [
    ...classes.map(({ exchange }) => exchange),
    ...refused.flatMap(({ get, preflight }) => [get, preflight]),
    ...preflights.map(({ exchange }) => exchange),
    ...others,
  ];
  const observations = exchanges.map((exchange) =>
    exchange.answer === undefined
      ? (cannotTell(exchange) ?? saw('inconclusive', 'no-answer', 'no answer', exchange))
      : demand(
          listOf(header(exchange, 'vary')).some((value) => value === 'origin' || value === '*'),
          'vary-missing',
          `Vary on ${exchange.answer.status}`,
          `${asked(exchange)} (${exchange.purpose}) answered ${exchange.answer.status} without Vary: Origin`,
          exchange,
        ),
  );
  return decide(
    observations,
    `Every answer of the audit, of ${new Set(exchanges.map(({ answer }) => answer?.status)).size} statuses, carries Vary: Origin.`,
  );
}

export function judgeCorsOnEveryStatus({ appOrigin, classes }: StatusClassesEvidence, others: readonly Exchange[] = []): Verdict {
  const observations = classes.map(
    ({ status, kind, exchange }) => notReached(exchange, status) ?? policyHolds(exchange, kind === 'refused origin' ? [[]] : [[appOrigin]]),
  );
  if (classes.length > 0) {
    observations.push(
      ...others.map((exchange) => {
        const asking = exchange.request.headers.filter(([name]) => name.toLowerCase() === 'origin').map(([, value]) => value);
        // Who asks without an origin may be told the one that is allowed.
        if (asking.length === 0) return policyHolds(exchange, [[], [appOrigin]]);
        return policyHolds(exchange, asking.length === 1 && asking[0] === appOrigin ? [[appOrigin]] : [[]]);
      }),
    );
  }
  return decide(
    observations,
    `Answers of ${classes.length} kinds, and every other one of the audit: the exact origin for the app, none for anybody else.`,
  );
}

function policyHolds(exchange: Exchange, wanted: readonly (readonly string[])[]): Observation {
  const { answer } = exchange;
  const allowed = answer?.headers['access-control-allow-origin'] ?? [];
  const holds = wanted.some((list) => list.join() === allowed.join()) && answer?.headers['timing-allow-origin']?.includes('*') !== true;
  const got = `answered ${answer?.status} with Access-Control-Allow-Origin ${allowed.join(', ') || 'absent'}`;
  return demand(holds, 'policy-differs', `the policy holds on ${answer?.status}`, `${asked(exchange)} (${exchange.purpose}) ${got}`, exchange);
}

function groupOf(kind: string): RefusedGroup {
  if (kind === 'foreign') return 'foreign';
  return kind.startsWith('null') ? 'null' : 'look-alike';
}

function controlsOf(page: PageEvidence): Observation[] {
  const observations = page.controls.map((fetch) =>
    fetch.read?.status === 200 && fetch.read.body === PERMISSIVE_BODY && fetch.pageOrigin === fetch.wantedOrigin
      ? saw('pass', 'control-readable', `${page.origin} reads the permissive host`, fetch)
      : saw(
          'inconclusive',
          'control-failed',
          `a page at ${page.origin} (really ${fetch.pageOrigin}) could not read the permissive host: ${fetch.refusedBecause ?? 'no reason given'}`,
          fetch,
        ),
  );
  return observations.length > 0 ? observations : [saw('inconclusive', 'control-missing', `no control was made at ${page.origin}`)];
}

function apiStillAnswers(victim: { text: string }, after: Exchange): Observation {
  return after.answer?.status === 200 && after.answer.body.includes(victim.text)
    ? saw('pass', 'api-answers', 'afterwards the owner could read the object', after)
    : saw(
        'inconclusive',
        'control-failed',
        `afterwards the owner could not read the object (${after.answer?.status ?? after.error ?? 'no answer'}), so refusals prove nothing`,
        after,
      );
}

/** Why a browser's ruling says nothing about the API's policy. */
function browserDoubt(fetch: BrowserExchange, what: string): Observation | undefined {
  if (fetch.pageOrigin !== fetch.wantedOrigin)
    return saw('inconclusive', 'wrong-page-origin', `${what}: the page's origin was ${fetch.pageOrigin}`, fetch);
  if (fetch.edgeAnswered) return saw('inconclusive', 'edge-fallback', `${what}: the platform's edge answered, not the API`, fetch);
  const broken = [fetch.status, fetch.preflight?.status].find((status) => status === 429 || (status ?? 0) >= 500);
  return broken === undefined ? undefined : saw('inconclusive', 'server-error', `${what}: the API answered ${broken}`, fetch);
}

/** A refusal, or a success, counts only where the control at the same origin worked. */
function controlled(page: PageEvidence, observations: readonly Observation[]): Observation[] {
  const doubt = controlsOf(page).filter(({ outcome }) => outcome !== 'pass');
  if (doubt.length === 0) return [...observations];
  return [...doubt, ...observations.filter(({ outcome }) => outcome !== 'pass')];
}

function refusal(page: PageEvidence, fetch: BrowserExchange): Observation {
  const what = `${fetch.purpose} (${fetch.request.method} ${pathOf(fetch.request.url)}) from ${page.origin}`;
  if (fetch.read !== undefined) return saw('fail', 'readable', `${what} was readable (status ${fetch.read.status})`, fetch);
  const doubt = browserDoubt(fetch, what);
  if (doubt) return doubt;
  if (isPreflighted(fetch) && fetch.requestLeft)
    return saw('fail', 'write-left-browser', `${what} was sent although its answer was not readable`, fetch);
  if (fetch.refusedBecause === undefined || !isCorsReason(fetch.refusedBecause)) {
    return saw('inconclusive', 'not-a-cors-refusal', `${what} failed for another reason than CORS: ${fetch.refusedBecause ?? 'none given'}`, fetch);
  }
  if (isPreflighted(fetch) ? fetch.preflight?.status === undefined : fetch.status === undefined)
    return saw('inconclusive', 'answer-unseen', `${what}: no answer of the API was seen`, fetch);
  return saw('pass', 'refused', `${what}: ${fetch.refusedBecause}`, fetch);
}

function readable(fetch: BrowserExchange, wanted: (status: number) => boolean, wish: string): Observation {
  const what = `${fetch.purpose} (${fetch.request.method} ${pathOf(fetch.request.url)}) from the app's page`;
  const doubt = browserDoubt(fetch, what);
  if (doubt) return doubt;
  if (fetch.read === undefined) {
    const reason = fetch.refusedBecause ?? 'no reason given';
    return saw(
      isCorsReason(reason) ? 'fail' : 'inconclusive',
      isCorsReason(reason) ? 'unreadable' : 'no-answer',
      `${what} was not readable: ${reason}`,
      fetch,
    );
  }
  const { status, headers } = fetch.read;
  if (headers['content-type']?.startsWith('text/html') === true)
    return saw('inconclusive', 'html-answer', `${what} was answered with an HTML page`, fetch);
  if (!wanted(status))
    return saw(status === 429 || status >= 500 ? 'inconclusive' : 'fail', 'wrong-status', `${what} answered ${status}, not ${wish}`, fetch);
  if (isPreflighted(fetch) && fetch.preflight === undefined) return saw('inconclusive', 'preflight-unseen', `${what}: no preflight was seen`, fetch);
  return saw('pass', 'readable', `${what} answered ${status}`, fetch);
}

function isPreflighted({ request }: BrowserExchange): boolean {
  return request.headers.length > 0 || !['GET', 'HEAD', 'POST'].includes(request.method);
}

/** DevTools' Network.CorsError values; net:: errors and blocked reasons mean something else went wrong. */
function isCorsReason(reason: string): boolean {
  return /^(DisallowedByMode|InvalidResponse|WildcardOriginNotAllowed|MissingAllowOriginHeader|MultipleAllowOriginValues|InvalidAllowOriginValue|AllowOriginMismatch|InvalidAllowCredentials|CorsDisabledScheme|Preflight(InvalidStatus|DisallowedRedirect|WildcardOriginNotAllowed|MissingAllowOriginHeader|MultipleAllowOriginValues|InvalidAllowOriginValue|AllowOriginMismatch|InvalidAllowCredentials)|InvalidAllowMethodsPreflightResponse|InvalidAllowHeadersPreflightResponse|MethodDisallowedByPreflightResponse|HeaderDisallowedByPreflightResponse|RedirectContainsCredentials)$/.test(
    reason,
  );
}

function unchanged(victim: { text: string; created: Exchange }, after: Exchange, list: Exchange, texts: readonly string[]): Observation[] {
  const doubt = cannotTell(after, 200) ?? cannotTell(list, 200);
  if (doubt) return [doubt];
  if (texts.length === 0) return tried('writes that are to be refused', texts);
  if (victim.created.answer?.status !== 201) return [saw('inconclusive', 'no-victim', 'the object to attack could not be created', victim.created)];
  const appeared = texts.filter((text) => list.answer?.body.includes(text) === true);
  return [
    demand(
      after.answer?.status === 200 && after.answer.body === victim.created.answer.body,
      'object-changed',
      'the object is as it was created',
      `the object was changed or deleted: its owner read ${after.answer?.status}`,
      victim.created,
      after,
    ),
    demand(
      list.answer?.status === 200 && list.answer.body.includes(victim.text) && appeared.length === 0,
      'object-appeared',
      'nothing new in the list',
      'the list holds what a refused request sent',
      list,
    ),
  ];
}

/** An API that fails on an unlisted origin does not refuse it: it breaks. */
function refusedWith403(exchange: Exchange): Observation {
  const status = exchange.answer?.status ?? 0;
  if (status >= 500 && !isSilent(exchange))
    return saw('fail', 'origin-breaks-api', `${asked(exchange)} (${exchange.purpose}) made the API fail with ${status}`, exchange);
  return expectStatus(exchange, 403, 'origin-not-refused');
}

function noPermission(exchange: Exchange, origin: string, kind: string): Observation[] {
  const allowed = exchange.answer?.headers['access-control-allow-origin'] ?? [];
  return allowed.length === 0
    ? []
    : [saw('fail', 'origin-allowed', `${asked(exchange)} from ${kind} (${origin}) got Access-Control-Allow-Origin: ${allowed.join(', ')}`, exchange)];
}

function listOf(value: string | undefined): string[] {
  return (value ?? '')
    .toLowerCase()
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

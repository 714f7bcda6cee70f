import type { Health } from '../../contract/health.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { HealthEvidence, OutageEvidence } from './gather.ts';
import { directives, mediaType } from '../../model/header-fields.ts';
import { record } from '../../model/json.ts';
import { rateLimitOf } from '../../model/rate-limit.ts';
import { described, requestLine, cannotTell, expectStatus, header, isCreated, isFound, isProblem, json } from '../../model/response.ts';
import { counted } from '../../model/wording.ts';
import {
  conclude,
  isSilent,
  type Observation,
  requireAttempts,
  type Verdict,
  expect,
  observePass,
  observeFailure,
  observeDoubt,
  underPolicy,
} from '../../model/verdict.ts';

/** Common words for a healthy API, database or component. */
const HEALTHY = new Set(['ok', 'healthy', 'up', 'pass', 'connected']);
const CLOCK_SKEW_MS = 5_000;
const NOTICE_SECONDS = 8;
const RECOVERY_SECONDS = 15;

const list = new Intl.ListFormat('en');

export function judgeHealthShape({ properties, time, first, second }: HealthEvidence): Verdict {
  return conclude(
    [first, second]
      .flatMap((exchange) => judgeShape(exchange, properties, time))
      .concat(time === undefined ? [] : judgeAdvancing(first, second, time)),
    `Health returned ${fieldNames(record(json(first)))}, reports a healthy state and forbids caching.${time === undefined ? '' : ` Its ${time} is current and advances.`}`,
  );
}

function fieldNames(properties: object): string {
  const names = Object.keys(properties).toSorted();
  return names.length === 0 ? 'no fields' : `exactly ${list.format(names)}`;
}

export function judgeHealthAgrees({ properties, second, roundTrip, written }: HealthEvidence): Verdict {
  const [created, read] = roundTrip;
  if (created === undefined || read === undefined) return conclude([], '');
  const reported = record(json(second));
  const isConnected = second.response?.status === 200 && healthNames(properties).every((name) => isHealthy(reported[name]));
  const isSame = isFound(read, written);
  const works = isCreated(created) && read.response?.status === 200 && isSame;
  const doubt = cannotTell(second, 503);
  // Health that fails while the routes work is a finding, not a doubt.
  const failsAlone = works && doubt?.code === 'server-error';
  if (doubt && !failsAlone) return conclude(doubt);
  if (works === isConnected)
    return conclude(
      [expect(works, 'agrees', 'Neither health nor the database routes work.', second, created, read)],
      'While health reported a connection to the database, the API created an object and returned it.',
    );
  // A server error is not a doubt here: it contradicts health.
  const unusable = [created, read].find((exchange) => exchange.response === undefined || rejectedCaller(exchange) !== undefined);
  const unusableDoubt = unusable && (rejectedCaller(unusable) ?? cannotTell(unusable));
  if (unusableDoubt) return conclude(unusableDoubt);
  const state = isConnected
    ? 'Health reported a connection to the database'
    : failsAlone
      ? `Health returned ${second.response?.status}`
      : 'Health reported no connection to the database';
  const results = `${requestLine(created)} returned ${created.response?.status} and ${requestLine(read)} returned ${read.response?.status}`;
  const isOther = read.response?.status === 200 && !isSame;
  const otherwise = `${state}, but ${results}${isOther ? ' with another object' : ''}.`;
  return conclude(observeFailure('health-disagrees', otherwise, second, created, read));
}

export function judgeHealthOpen({ head, undocumented, burst, livez, livezProperties }: HealthEvidence): Verdict {
  const headCode = [405, 501].includes(head.response?.status ?? 0) ? 'head-not-supported' : 'wrong-status';
  const open = [`${counted(burst.length, 'parallel GET request')}`, 'HEAD', ...(livez === undefined ? [] : ['liveness'])];
  return conclude(
    [
      ...requireAttempts('parallel health requests', burst),
      ...judgeBurst(burst),
      // A HEAD response has no body, which would distinguish an HTML page from JSON with a wrong content type.
      sharesType(head, burst)
        ? expect(head.response?.status === 200, headCode, `${requestLine(head)} returned ${head.response?.status}, not 200.`, head)
        : expectStatus(head, 200, headCode),
      cannotTell(undocumented, 501) ??
        underPolicy(
          'method-not-allowed',
          expect(
            [404, 405, 501].includes(undocumented.response?.status ?? 0),
            'method-served',
            `${requestLine(undocumented)} returned ${undocumented.response?.status}, not 405.`,
            undocumented,
          ),
        ),
      expect(
        undocumented.response?.status !== 405 || header(undocumented, 'allow') !== undefined,
        'allow-missing',
        `The 405 response to ${requestLine(undocumented)} has no Allow header.`,
        undocumented,
      ),
      ...(livez === undefined ? [] : judgeLiveness(livez, livezProperties)),
    ],
    `${list.format(open)} returned 200 without a token, and ${undocumented.request.method} (an undocumented method) returned ${undocumented.response?.status}.`,
  );
}

function judgeBurst(burst: readonly Exchange[]): Observation[] {
  const limited = burst.filter(({ response }) => response?.status === 429).length;
  return [
    ...burst.map((exchange) =>
      exchange.response?.status === 429
        ? observeFailure('health-limited', `${limited} of ${counted(burst.length, 'parallel health request')} returned 429.`, exchange)
        : expectStatus(exchange, 200),
    ),
    ...burst
      .slice(0, 1)
      .map((exchange) =>
        expect(
          rateLimitOf(exchange.response) === undefined,
          'health-counted',
          'Health has a RateLimit header, so its requests count against a rate limit.',
          exchange,
        ),
      ),
  ];
}

function judgeLiveness(livez: Exchange, properties: Health['properties']): Observation[] {
  return [
    expectStatus(livez, 200),
    underPolicy(
      'closed-health',
      expect(
        Object.keys(properties).length === 0 || hasExactly(livez, properties),
        'shape-differs',
        `${requestLine(livez)} did not return ${fieldNames(properties)}, as the contract documents.`,
        livez,
      ),
    ),
  ];
}

function sharesType(head: Exchange, [first]: readonly Exchange[]): boolean {
  return first !== undefined && isJson(first) && mediaType(header(first, 'content-type')) === mediaType(header(head, 'content-type'));
}

export function judgeHealthTruth(evidence: OutageEvidence): Verdict {
  const { properties, before, during, secondsToNotice, livez, tasks, after, afterTasks, secondsToRecover, control } = evidence;
  if (!control.stopped || !control.started)
    return conclude(observeDoubt('control-failed', 'The outage control did not stop and start the database.', before));
  // An API that is not healthy before the outage shows nothing during it.
  if (before.response?.status !== 200) return conclude(expectStatus(before, 200));
  return conclude(
    [
      expectStatus(before, 200),
      ...judgeUnhealthy(during, properties, secondsToNotice),
      ...(livez === undefined
        ? []
        : [
            expectInOutage(
              livez.response?.status === 200 && isJson(livez),
              'process-not-alive',
              `With the database stopped, ${resultOf(livez)}, not 200 with JSON.`,
              livez,
            ),
          ]),
      rejectedCaller(tasks) ??
        expectInOutage(
          tasks.response?.status === 503 && isProblem(tasks) && header(tasks, 'retry-after') !== undefined,
          'outage-misreported',
          `With the database stopped, ${resultOf(tasks)}, not a 503 problem document with Retry-After.`,
          tasks,
        ),
      expectInOutage(
        after.response?.status === 200 && isJson(after) && secondsToRecover <= RECOVERY_SECONDS,
        'not-recovered',
        `${secondsToRecover.toFixed(1)} s after the database was started, the last result was: ${resultOf(after)}. The limit is ${RECOVERY_SECONDS} s.`,
        after,
      ),
      rejectedCaller(afterTasks) ??
        expectInOutage(
          afterTasks.response?.status === 200 && isJson(afterTasks),
          'routes-not-recovered',
          `After the database was started, ${resultOf(afterTasks)}, not 200 with JSON.`,
          afterTasks,
        ),
    ],
    `With the database stopped, health returned 503 within ${NOTICE_SECONDS} s${livez === undefined ? '' : ', liveness returned 200'} and a list request returned 503 with Retry-After. Within ${RECOVERY_SECONDS} s after the database was started, health and the list request returned 200.`,
  );
}

function judgeUnhealthy(during: Exchange, properties: Health['properties'], secondsToNotice: number): Observation[] {
  const rejected = rejectedCaller(during);
  if (rejected) return [rejected];
  const body = record(json(during));
  const names = healthNames(properties);
  const unhealthy = names.filter((name) => !isHealthy(body[name]));
  // Another component may still be healthy; status and database may not.
  const isNoticed =
    during.response?.status === 503 &&
    (names.length === 0 || unhealthy.length > 0) &&
    names.every((name) => !isStatusOrDatabase(name) || unhealthy.includes(name));
  const reported = names.map((name) => `${name} ${JSON.stringify(body[name] ?? null)}`);
  const detail = during.response === undefined || reported.length === 0 ? '' : ` with ${list.format(reported)}`;
  return [
    expectInOutage(isNoticed, 'outage-unnoticed', `With the database stopped, ${resultOf(during)}${detail}.`, during),
    expectInOutage(
      secondsToNotice <= NOTICE_SECONDS,
      'noticed-late',
      `Health took ${secondsToNotice.toFixed(1)} s to report the outage. The limit is ${NOTICE_SECONDS} s.`,
      during,
    ),
    underPolicy(
      'closed-health',
      expectInOutage(
        hasExactly(during, properties),
        'health-leaks',
        `With the database stopped, health did not return ${fieldNames(properties)}, as the contract documents.`,
        during,
      ),
    ),
  ];
}

/** During an outage a request without a response is a finding, not a doubt. */
function expectInOutage(holds: boolean, code: string, otherwise: string, exchange: Exchange): Observation {
  return holds ? observePass(code, exchange) : observeFailure(code, otherwise, exchange);
}

/** Such as: GET /health returned 503 */
function resultOf(exchange: Exchange): string {
  const { response } = exchange;
  return `${requestLine(exchange)} ${response === undefined ? 'got no response' : `returned ${response.status}`}`;
}

function isJson(exchange: Exchange): boolean {
  return json(exchange) !== undefined;
}

/** A response to a rejected caller says nothing about the database. */
function rejectedCaller(exchange: Exchange): Observation | undefined {
  const status = exchange.response?.status;
  return [401, 403, 429].includes(status ?? 0)
    ? observeDoubt('caller-rejected', `${described(exchange)} returned ${status}, which says nothing about the database.`, exchange)
    : undefined;
}

/** The response has exactly the properties of the contract, with healthy values. */
function judgeShape(exchange: Exchange, properties: Health['properties'], time: Health['time']): Observation[] {
  const doubt = cannotTell(exchange, 503);
  if (doubt) return [doubt];
  const body = record(json(exchange));
  const expectations: (readonly [holds: boolean, code: string, otherwise: string])[] = [
    [
      mediaType(header(exchange, 'content-type')) === 'application/json',
      'wrong-type',
      `Health has content type ${header(exchange, 'content-type') ?? '(none)'}, not application/json.`,
    ],
    ...healthNames(properties).map(
      (name) => [isHealthyValue(properties[name], body[name]), 'not-connected', `Health reports no healthy value for ${name}.`] as const,
    ),
    [!('environment' in properties) || body['environment'] === 'production', 'not-production', 'Health does not report environment production.'],
    [
      time === undefined || Math.abs(Date.parse(String(body[time])) - exchange.at) <= CLOCK_SKEW_MS + exchange.ms,
      'clock-differs',
      `The ${time ?? 'time'} of health is missing, or differs by more than ${CLOCK_SKEW_MS / 1_000} s from the time of the request.`,
    ],
    [directives(header(exchange, 'cache-control')).has('no-store'), 'cacheable', 'Health has no Cache-Control: no-store, so caches may store it.'],
  ];
  const otherFields = `Health returned ${fieldNames(body)}. The contract documents ${fieldNames(properties)}.`;
  return [
    expectStatus(exchange, 200, 'unhealthy'),
    underPolicy('closed-health', expect(hasExactly(exchange, properties), 'shape-differs', otherFields, exchange)),
    ...expectations.map(([holds, code, otherwise]) => expect(holds, code, otherwise, exchange)),
  ];
}

function judgeAdvancing(first: Exchange, second: Exchange, time: string): Observation[] {
  // Their shapes are already in doubt.
  if (cannotTell(first, 503) || cannotTell(second, 503)) return [];
  const [earlier, later] = [first, second].map((exchange) => Date.parse(String(record(json(exchange))[time])));
  return [
    expect(
      earlier !== undefined && later !== undefined && later > earlier,
      'timestamp-stands-still',
      `The ${time} of the second health response is not later than that of the first.`,
      first,
      second,
    ),
  ];
}

/** The properties that report health: status, database, and those for which the contract has a healthy word. */
function healthNames(properties: Health['properties']): string[] {
  return Object.entries(properties)
    .filter(([name, words]) => isStatusOrDatabase(name) || words.some(isHealthy))
    .map(([name]) => name);
}

function isStatusOrDatabase(property: string): boolean {
  return ['status', 'database'].includes(property);
}

function isHealthy(word: unknown): boolean {
  return HEALTHY.has(String(word).toLowerCase());
}

/** A healthy word that the contract allows. */
function isHealthyValue(choices: readonly string[] = [], word: unknown): boolean {
  return isHealthy(word) && (choices.length === 0 || choices.includes(String(word)));
}

function hasExactly(exchange: Exchange, properties: Health['properties']): boolean {
  return JSON.stringify(Object.keys(record(json(exchange))).toSorted()) === JSON.stringify(Object.keys(properties).toSorted());
}

/** Responses of a gateway state the time of the gateway. */
export function judgeClock(exchanges: readonly Exchange[]): Verdict {
  const dated = exchanges.flatMap((exchange) => {
    const aheadMs = isSilent(exchange) ? undefined : clockDifference(exchange);
    return aheadMs === undefined ? [] : [{ exchange, aheadMs }];
  });
  const observations = dated.map(({ exchange, aheadMs }) => {
    const difference = `${Math.round(Math.abs(aheadMs) / 1_000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the clock of this machine`;
    return expect(Math.abs(aheadMs) <= CLOCK_SKEW_MS, 'clock-differs', `The Date of ${described(exchange)} is ${difference}.`, exchange);
  });
  return conclude(
    [...requireAttempts('a response with a Date header', dated), ...observations],
    `Every Date header agrees with the clock of this machine within ${CLOCK_SKEW_MS / 1_000} s.`,
  );
}

/**
 * Milliseconds by which the clock that set the Date header is at least ahead of this machine's (negative: behind it): 0 where the
 * stated second overlaps the time between request and response; undefined without a date. A cache adds the age in seconds (RFC 9111,
 * section 5.1).
 */
function clockDifference(exchange: Exchange): number | undefined {
  const stated = Date.parse(header(exchange, 'date') ?? '') + 1_000 * Number(header(exchange, 'age') ?? 0);
  if (Number.isNaN(stated)) return undefined;
  return Math.max(0, stated - (exchange.at + exchange.ms)) + Math.min(0, stated + 1_000 - exchange.at);
}

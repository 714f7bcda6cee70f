import type { Health } from '../../contract/contract.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { HealthEvidence, OutageEvidence } from './gather.ts';
import { requestLine, cannotTell, expectStatus, header, isCreated, isProblem, json, record } from '../../model/response.ts';
import {
  conclude,
  type Observation,
  requireAttempts,
  type Verdict,
  expect,
  observe,
  observeFailure,
  observeDoubt,
} from '../../model/verdict.ts';

/** What a healthy API says of itself and its database, in the words in use. */
const HEALTHY = new Set(['ok', 'healthy', 'up', 'pass', 'connected']);
const CLOCK_SKEW_MS = 5_000;
const NOTICE_SECONDS = 8;
const RECOVERY_SECONDS = 15;

export function judgeHealthShape({ properties, time, first, second }: HealthEvidence): Verdict {
  const shape = (exchange: Exchange): Observation[] => shapeOf(exchange, properties, time);
  return conclude(
    [...shape(first), ...shape(second), ...(time === undefined ? [] : advancing(first, second, time))],
    `Exactly ${Object.keys(properties).join(', ')}: healthy, and never stored.${time === undefined ? '' : ' The time is now, and advances.'}`,
  );
}

export function judgeHealthAgrees({ properties, second, roundTrip, written }: HealthEvidence): Verdict {
  const said = record(json(second));
  const connected = second.response?.status === 200 && wordsOf(properties).every((name) => isHealthy(said[name]));
  const [created, read] = roundTrip;
  if (created === undefined || read === undefined) return conclude([], '');
  const doubt = cannotTell(second, 503);
  const isRead = read.response?.status === 200 && created.response?.body === read.response.body && read.response.body.includes(written);
  const works = isCreated(created) && isRead;
  // Health that fails while everything works is wrong, and not a doubt.
  const failsAlone = works && doubt?.code === 'server-error';
  if (doubt && !failsAlone) return conclude([doubt], '');
  if (works === connected)
    return conclude(
      [expect({ holds: works, code: 'agrees', otherwise: 'neither works', evidence: [second, created, read] })],
      'While health said connected, an object was created and read back the same.',
    );
  // Here a server error is the finding itself: health claims what the routes deny.
  const silent = [created, read].find((exchange) => exchange.response === undefined || refusedToCaller(exchange) !== undefined);
  return conclude(
    [
      silent
        ? observeDoubt(
            'no-answer',
            `${requestLine(silent)} was not answered, or not to this caller (${silent.response?.status ?? 'no answer'})`,
            silent,
          )
        : observeFailure(
            'health-disagrees',
            `health said ${connected ? 'connected' : failsAlone ? `nothing but ${second.response?.status}` : 'disconnected'}; a write answered ${created.response?.status}, a read ${read.response?.status}`,
            second,
            created,
            read,
          ),
    ],
    '',
  );
}

export function judgeHealthOpen({ head, undocumented, burst, livez, livezProperties }: HealthEvidence): Verdict {
  const limited = burst.filter(({ response }) => response?.status === 429);
  return conclude(
    [
      ...requireAttempts('calls of health at once', burst),
      ...burst.map((exchange) =>
        exchange.response?.status === 429
          ? observeFailure('health-limited', `health answered 429 (${limited.length} of ${burst.length} calls)`, exchange)
          : expectStatus(exchange, 200),
      ),
      ...burst.slice(0, 1).map((exchange) =>
        expect({
          holds: header(exchange, 'ratelimit') === undefined,
          code: 'health-counted',
          otherwise: 'health carries RateLimit headers: its calls are counted',
          evidence: [exchange],
        }),
      ),
      // HEAD has no body that would tell a page from a wrong type.
      sharesType(head, burst)
        ? expect({ holds: head.response?.status === 200, code: 'wrong-status', otherwise: `HEAD got ${head.response?.status}`, evidence: [head] })
        : expectStatus(head, 200),
      cannotTell(undocumented, 501) ??
        expect({
          holds: [404, 405, 501].includes(undocumented.response?.status ?? 0),
          code: 'method-served',
          otherwise: `${requestLine(undocumented)} (${undocumented.purpose}) got ${undocumented.response?.status}, not 405`,
          evidence: [undocumented],
        }),
      expect({
        holds: undocumented.response?.status !== 405 || header(undocumented, 'allow') !== undefined,
        code: 'allow-missing',
        otherwise: 'the 405 has no Allow header',
        evidence: [undocumented],
      }),
      ...(livez === undefined
        ? []
        : [
            expectStatus(livez, 200),
            expect({
              holds: Object.keys(livezProperties).length === 0 || closed(livez, livezProperties),
              code: 'shape-differs',
              otherwise: 'liveness says something else than the contract',
              evidence: [livez],
            }),
          ]),
    ],
    'Ten calls at once, HEAD and liveness answered 200 without a token; an undocumented method (PROPFIND) was rejected.',
  );
}

function sharesType(head: Exchange, [first]: readonly Exchange[]): boolean {
  return first !== undefined && isJson(first) && header(first, 'content-type') === header(head, 'content-type');
}

export function judgeHealthTruth(evidence: OutageEvidence): Verdict {
  const { properties, before, during, secondsToNotice, livez, tasks, after, afterTasks, secondsToRecover, control } = evidence;
  if (!control.stopped || !control.started)
    return conclude([observeDoubt('control-failed', 'the outage control did not stop and start the database', before)], '');
  // An API that is silent beforehand says nothing of an outage.
  if (before.response?.status !== 200) return conclude([expectStatus(before, 200)], '');
  const refused = refusedToCaller(during);
  const body = record(json(during));
  const words = wordsOf(properties);
  const unwell = words.filter((name) => !isHealthy(body[name]));
  // A component may say that it is well all the same; status and database may not.
  const noticed =
    during.response?.status === 503 && (words.length === 0 || unwell.length > 0) && words.every((name) => !isNamed(name) || unwell.includes(name));
  return conclude(
    [
      expectStatus(before, 200),
      ...(refused
        ? [refused]
        : [
            shows(
              noticed,
              'outage-unnoticed',
              'health said unhealthy',
              `with the database away health answered ${during.response?.status ?? 'nothing'} ${JSON.stringify(words.map((name) => body[name] ?? null))}`,
              during,
            ),
            shows(secondsToNotice <= NOTICE_SECONDS, 'noticed-late', 'in time', `health took ${secondsToNotice.toFixed(1)} s to notice`, during),
            shows(
              closed(during, properties),
              'health-leaks',
              'nothing but the closed shape',
              'the unhealthy answer has other fields than the contract',
              during,
            ),
          ]),
      ...(livez === undefined
        ? []
        : [
            shows(
              livez.response?.status === 200 && isJson(livez),
              'process-not-alive',
              'liveness kept answering',
              `liveness answered ${livez.response?.status ?? 'nothing'} while the database was away`,
              livez,
            ),
          ]),
      refusedToCaller(tasks) ??
        shows(
          tasks.response?.status === 503 && isProblem(tasks) && header(tasks, 'retry-after') !== undefined,
          'outage-misreported',
          'a list answered 503 with Retry-After',
          `a list answered ${tasks.response?.status ?? 'nothing'}, not a 503 problem with Retry-After`,
          tasks,
        ),
      shows(
        after.response?.status === 200 && isJson(after) && secondsToRecover <= RECOVERY_SECONDS,
        'not-recovered',
        'health recovered',
        `health had not recovered after ${secondsToRecover.toFixed(1)} s`,
        after,
      ),
      refusedToCaller(afterTasks) ??
        shows(
          afterTasks.response?.status === 200 && isJson(afterTasks),
          'routes-not-recovered',
          'the routes recovered',
          `after the outage a list answered ${afterTasks.response?.status ?? 'nothing'}`,
          afterTasks,
        ),
    ],
    'The database was really stopped: health said 503 unhealthy within seconds, liveness stayed 200, a list got 503 with Retry-After, and all recovered when it came back.',
  );
}

function isJson(exchange: Exchange): boolean {
  return json(exchange) !== undefined;
}

/** Whoever is not let in learns nothing of the database. */
function refusedToCaller(exchange: Exchange): Observation | undefined {
  const status = exchange.response?.status;
  return [401, 403, 429].includes(status ?? 0)
    ? observeDoubt(
        'caller-refused',
        `${requestLine(exchange)} (${exchange.purpose}) answered ${status}, which tells nothing of the database`,
        exchange,
      )
    : undefined;
}

/** With the database away a silent process is the finding itself, not a doubt. */
function shows(holds: boolean, code: string, held: string, broken: string, exchange: Exchange): Observation {
  return observe(holds ? 'pass' : 'fail', code, holds ? held : broken, exchange);
}

/** What is not in the contract cannot be asked for; what is, must say the right thing. */
function shapeOf(exchange: Exchange, properties: Health['properties'], timeIn: Health['time']): Observation[] {
  const doubt = cannotTell(exchange, 503);
  if (doubt) return [doubt];
  const body = record(json(exchange));
  const time = Date.parse(String(body[timeIn ?? '']));
  return [
    expectStatus(exchange, 200, 'unhealthy'),
    expect({
      holds: /^application\/json(;|$)/.test(header(exchange, 'content-type') ?? ''),
      code: 'wrong-type',
      otherwise: `health has the type ${header(exchange, 'content-type') ?? '(none)'}, not application/json`,
      evidence: [exchange],
    }),
    expect({
      holds: closed(exchange, properties),
      code: 'shape-differs',
      otherwise: `health has the fields ${Object.keys(body).toSorted().join(', ') || '(none)'}`,
      evidence: [exchange],
    }),
    ...wordsOf(properties).map((name) =>
      expect({
        holds: isWell(properties[name], body[name]),
        code: 'not-connected',
        otherwise: `health does not say that its ${name} is well`,
        evidence: [exchange],
      }),
    ),
    ...('environment' in properties
      ? [
          expect({
            holds: body['environment'] === 'production',
            code: 'not-production',
            otherwise: 'health does not say environment production',
            evidence: [exchange],
          }),
        ]
      : []),
    ...(timeIn !== undefined
      ? [
          expect({
            holds: Math.abs(time - exchange.at) <= CLOCK_SKEW_MS + exchange.ms,
            code: 'clock-differs',
            otherwise: `the ${timeIn} is missing or not close to now`,
            evidence: [exchange],
          }),
        ]
      : []),
    expect({
      holds: /\bno-store\b/.test(header(exchange, 'cache-control') ?? ''),
      code: 'cacheable',
      otherwise: 'health may be cached: no-store is missing',
      evidence: [exchange],
    }),
  ];
}

function advancing(first: Exchange, second: Exchange, time: string): Observation[] {
  // Their shapes say already that nothing can be told.
  if (cannotTell(first, 503) || cannotTell(second, 503)) return [];
  const [earlier, later] = [first, second].map((exchange) => Date.parse(String(record(json(exchange))[time])));
  return [
    expect({
      holds: earlier !== undefined && later !== undefined && later > earlier,
      code: 'timestamp-stands-still',
      otherwise: `two calls gave the same or a falling ${time}`,
      evidence: [first, second],
    }),
  ];
}

/** What tells well from unwell: properties of that name, and those for which the contract has a healthy word. */
function wordsOf(properties: Health['properties']): string[] {
  return Object.entries(properties)
    .filter(([name, words]) => isNamed(name) || words.some(isHealthy))
    .map(([name]) => name);
}

function isNamed(property: string): boolean {
  return ['status', 'database'].includes(property);
}

function isHealthy(word: unknown): boolean {
  return HEALTHY.has(String(word).toLowerCase());
}

/** A healthy word, and one the contract knows. */
function isWell(choices: readonly string[] = [], word: unknown): boolean {
  return isHealthy(word) && (choices.length === 0 || choices.includes(String(word)));
}

function closed(exchange: Exchange, properties: Health['properties']): boolean {
  return JSON.stringify(Object.keys(record(json(exchange))).toSorted()) === JSON.stringify(Object.keys(properties).toSorted());
}

import type { Health } from '../contract.ts';
import type { Exchange } from '../exchange.ts';
import type { HealthEvidence, OutageEvidence } from '../probe/health.ts';
import { asked, cannotTell, expectStatus, header, isProblem, json, record } from './answer.ts';
import { decide, demand, type Observation, saw, tried, type Verdict } from './verdict.ts';

/** What a healthy API says of itself and its database, in the words in use. */
const HEALTHY = new Set(['ok', 'healthy', 'up', 'pass', 'connected']);
const CLOCK_SKEW_MS = 5_000;
const NOTICE_SECONDS = 8;
const RECOVERY_SECONDS = 15;

export function judgeIdentity({ properties, first }: Pick<HealthEvidence, 'properties' | 'first'>): Verdict {
  const names = Object.keys(properties);
  const known = names.filter((name) => name in record(json(first))).length;
  const says = `health answered ${first.answer?.status} as ${header(first, 'content-type') ?? 'nothing'}`;
  return decide(
    [
      cannotTell(first, 503) ??
        (isJson(first) && known >= Math.min(2, names.length) && known > 0
          ? saw('pass', 'identified', says, first)
          : saw('inconclusive', 'not-the-api', `${says}, which is not the health of this API`, first)),
    ],
    'Health answered as this API does, over a trusted connection.',
  );
}

export function judgeHealthShape({ properties, first, second }: HealthEvidence): Verdict {
  return decide(
    [...shapeOf(first, properties), ...shapeOf(second, properties), ...('timestamp' in properties ? advancing(first, second) : [])],
    `Exactly ${Object.keys(properties).join(', ')}: healthy, and never stored.${'timestamp' in properties ? ' The time is now, and advances.' : ''}`,
  );
}

export function judgeHealthAgrees({ second, roundTrip }: HealthEvidence): Verdict {
  const { database = 'connected' } = record(json(second));
  const connected = second.answer?.status === 200 && HEALTHY.has(String(database));
  const [created, read] = roundTrip;
  if (created === undefined || read === undefined) return decide([], '');
  const doubt = cannotTell(second, 503);
  if (doubt) return decide([doubt], '');
  const works = created.answer?.status === 201 && read.answer?.status === 200 && created.answer.body === read.answer.body;
  if (works === connected)
    return decide(
      [demand(works, 'agrees', 'health and the database routes agree', 'neither works', second, created, read)],
      'While health said connected, an object was created and read back the same.',
    );
  // Here a server error is the finding itself: health claims what the routes deny.
  const silent = [created, read].find(({ answer }) => answer === undefined || answer.status === 429);
  return decide(
    [
      silent
        ? saw('inconclusive', 'no-answer', `${asked(silent)} was not answered`, silent)
        : saw(
            'fail',
            'health-disagrees',
            `health said ${connected ? 'connected' : 'disconnected'}; a write answered ${created.answer?.status}, a read ${read.answer?.status}`,
            second,
            created,
            read,
          ),
    ],
    '',
  );
}

export function judgeHealthOpen({ head, post, burst, livez }: HealthEvidence): Verdict {
  const limited = burst.filter(({ answer }) => answer?.status === 429);
  return decide(
    [
      ...tried('calls of health at once', burst),
      ...burst.map((exchange) =>
        exchange.answer?.status === 429
          ? saw('fail', 'health-limited', `health answered 429 (${limited.length} of ${burst.length} calls)`, exchange)
          : expectStatus(exchange, 200),
      ),
      ...burst
        .slice(0, 1)
        .map((exchange) =>
          demand(
            header(exchange, 'ratelimit') === undefined,
            'health-counted',
            'health is not counted',
            'health carries RateLimit headers: its calls are counted',
            exchange,
          ),
        ),
      expectStatus(head, 200),
      expectStatus(post, 405),
      demand(header(post, 'allow') !== undefined, 'allow-missing', '405 names the allowed methods', 'the 405 has no Allow header', post),
      ...(livez === undefined
        ? []
        : [
            expectStatus(livez, 200),
            demand(
              Object.keys(record(json(livez))).join() === 'status',
              'shape-differs',
              'liveness says no more than that',
              'liveness says more than its status',
              livez,
            ),
          ]),
    ],
    'Ten calls at once, HEAD and liveness answered 200 without a token; POST got 405.',
  );
}

export function judgeHealthTruth(evidence: OutageEvidence): Verdict {
  const { properties, before, during, secondsToNotice, livez, tasks, after, afterTasks, secondsToRecover, control } = evidence;
  if (!control.stopped || !control.started)
    return decide([saw('inconclusive', 'control-failed', 'the outage control did not stop and start the database', before)], '');
  const body = record(json(during));
  const noticed = during.answer?.status === 503 && !HEALTHY.has(String(body['status'])) && !HEALTHY.has(String(body['database']));
  return decide(
    [
      expectStatus(before, 200),
      shows(
        noticed,
        'outage-unnoticed',
        'health said unhealthy',
        `with the database away health answered ${during.answer?.status ?? 'nothing'} ${JSON.stringify(body['database'] ?? null)}`,
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
      ...(livez === undefined
        ? []
        : [
            shows(
              livez.answer?.status === 200 && isJson(livez),
              'process-not-alive',
              'liveness kept answering',
              `liveness answered ${livez.answer?.status ?? 'nothing'} while the database was away`,
              livez,
            ),
          ]),
      shows(
        tasks.answer?.status === 503 && isProblem(tasks) && header(tasks, 'retry-after') !== undefined,
        'outage-misreported',
        'a list answered 503 with Retry-After',
        `a list answered ${tasks.answer?.status ?? 'nothing'}, not a 503 problem with Retry-After`,
        tasks,
      ),
      shows(
        after.answer?.status === 200 && isJson(after) && secondsToRecover <= RECOVERY_SECONDS,
        'not-recovered',
        'health recovered',
        `health had not recovered after ${secondsToRecover.toFixed(1)} s`,
        after,
      ),
      shows(
        afterTasks.answer?.status === 200 && isJson(afterTasks),
        'routes-not-recovered',
        'the routes recovered',
        `after the outage a list answered ${afterTasks.answer?.status ?? 'nothing'}`,
        afterTasks,
      ),
    ],
    'The database was really stopped: health said 503 unhealthy within seconds, liveness stayed 200, a list got 503 with Retry-After, and all recovered when it came back.',
  );
}

function isJson(exchange: Exchange): boolean {
  return header(exchange, 'content-type')?.startsWith('application/json') === true;
}

/** With the database away a silent process is the finding itself, not a doubt. */
function shows(holds: boolean, code: string, held: string, broken: string, exchange: Exchange): Observation {
  return saw(holds ? 'pass' : 'fail', code, holds ? held : broken, exchange);
}

/** What is not in the contract cannot be asked for; what is, must say the right thing. */
function shapeOf(exchange: Exchange, properties: Health['properties']): Observation[] {
  const doubt = cannotTell(exchange, 503);
  if (doubt) return [doubt];
  const body = record(json(exchange));
  const time = Date.parse(String(body['timestamp']));
  return [
    expectStatus(exchange, 200, 'unhealthy'),
    demand(
      closed(exchange, properties),
      'shape-differs',
      'the closed shape',
      `health has the fields ${Object.keys(body).toSorted().join(', ') || '(none)'}`,
      exchange,
    ),
    ...['status', 'database']
      .filter((name) => name in properties)
      .map((name) =>
        demand(isWell(properties[name], body[name]), 'not-connected', `${name} is well`, `health does not say that its ${name} is well`, exchange),
      ),
    ...('environment' in properties
      ? [demand(body['environment'] === 'production', 'not-production', 'production', 'health does not say environment production', exchange)]
      : []),
    ...('timestamp' in properties
      ? [
          demand(
            Math.abs(time - exchange.at) <= CLOCK_SKEW_MS + exchange.ms,
            'clock-differs',
            'the time is now',
            'the timestamp is missing or not close to now',
            exchange,
          ),
        ]
      : []),
    demand(
      /\bno-store\b/.test(header(exchange, 'cache-control') ?? ''),
      'cacheable',
      'no-store',
      'health may be cached: no-store is missing',
      exchange,
    ),
  ];
}

function advancing(first: Exchange, second: Exchange): Observation[] {
  // Their shapes say already that nothing can be told.
  if (cannotTell(first, 503) || cannotTell(second, 503)) return [];
  const [earlier, later] = [first, second].map((exchange) => Date.parse(String(record(json(exchange))['timestamp'])));
  return [
    demand(
      earlier !== undefined && later !== undefined && later > earlier,
      'timestamp-stands-still',
      'the time advances',
      'two calls gave the same or a falling timestamp',
      first,
      second,
    ),
  ];
}

/** A healthy word, and one the contract knows. */
function isWell(choices: readonly string[] = [], word: unknown): boolean {
  return HEALTHY.has(String(word)) && (choices.length === 0 || choices.includes(String(word)));
}

function closed(exchange: Exchange, properties: Health['properties']): boolean {
  return JSON.stringify(Object.keys(record(json(exchange))).toSorted()) === JSON.stringify(Object.keys(properties).toSorted());
}

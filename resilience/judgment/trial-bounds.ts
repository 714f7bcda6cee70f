import type { Ending } from '../../rehearsal/process/end-process.ts';
import { isShed, isSuccess, type Answer, type Exchange } from '../load/timed-request.ts';
import { findUntruths } from './health-accuracy.ts';
import { compareWithLedger, type Ledger, type TaskRow } from '../load/write-log.ts';
import type { Figures } from '../trial/scenario.ts';
import { endOf, placeOf, RECOVERY_MS, type Timeline } from '../trial/timeline.ts';

/** The service gives an operation 12 s; the rest is for a busy machine. */
const SLOWEST_MS = 14_000;
/** Of each kind of broken bound so many are told one by one. */
const TOLD = 3;
/** Of a printed line, in characters. */
const LONGEST = 200;

/** All that was seen while a fault was done to the service. */
export type Observations = {
  readonly timeline: Timeline;
  /** Of the users. */
  readonly load: readonly Exchange[];
  /** Steady reads of a database route. */
  readonly probes: readonly Exchange[];
  readonly health: readonly Answer[];
  readonly liveness: readonly Exchange[];
  readonly ledger: Ledger;
  /** The users' tasks, read when nothing could change any more. */
  readonly rows: readonly TaskRow[];
  /** Whether the process was gone before it was told to stop. */
  readonly endedByItself: boolean;
  /** How the process ended. */
  readonly ending: Ending;
  /** What the process printed. */
  readonly log: string;
};

/** Holds what was seen against every bound. */
export function judge(seen: Observations): Figures {
  const { timeline, load, probes } = seen;
  const all = [...load, ...probes];
  const failed = all.filter((request) => !isSuccess(request));
  const other = failed.filter((request) => !isShed(request));
  const slowestMs = Math.max(0, ...all.map(({ began, ended }) => ended - began));
  const recoveryMs = findRecovery(timeline, timeline.unwritable === undefined ? probes : load.filter(isWrite));
  const { lost, doubled, foreign, unsettled } = compareWithLedger(seen.ledger, seen.rows);
  const untruths = findUntruths(seen.health, timeline, all);
  return {
    requests: all.length,
    succeeded: all.length - failed.length,
    unavailable: failed.length - other.length,
    other: other.length,
    slowestMs,
    acknowledged: load.filter(({ what, outcome }) => outcome === 201 || (outcome === 200 && what.startsWith('PUT '))).length,
    lost: lost.length,
    doubled: doubled.length,
    recoveryMs,
    healthWrong: untruths.length,
    breaches: [
      ...judgeProcess(seen),
      ...tell('requests failed otherwise than with 503 and Retry-After', describe(other, timeline)),
      ...tell(
        `requests took longer than ${SLOWEST_MS / 1000} s`,
        describe(
          all.filter(({ began, ended }) => ended - began > SLOWEST_MS),
          timeline,
        ),
      ),
      ...tell(
        'requests failed although the database was there',
        describe(
          failed.filter((request) => isInexcusable(request, timeline)),
          timeline,
        ),
      ),
      ...tell('acknowledged writes are lost', lost),
      ...tell('rows are too many', doubled),
      ...tell('rows are not what somebody sent', foreign),
      ...tell('creations with a key were never acknowledged', unsettled),
      ...judgeRecovery(recoveryMs),
      ...tell('health checks were not answered with the truth', untruths),
      ...tell(
        'liveness checks were not answered 200',
        describe(
          seen.liveness.filter(({ outcome }) => outcome !== 200),
          timeline,
        ),
      ),
      ...judgeEvidence(seen),
    ],
  };
}

function judgeProcess({ endedByItself, ending, log }: Observations): string[] {
  const how = describeEnding(ending);
  const strange = log.split('\n').filter((line) => line !== '' && !/^\{.*\}$/.test(line));
  return [
    ...(endedByItself ? [`the process ended by itself: ${how}`] : []),
    ...(!endedByItself && ending.code !== 0 ? [`the process did not stop in order: ${how}`] : []),
    ...tell('lines it printed are no log entries', strange),
    ...tell('log entries are fatal', strangeLevels(log)),
  ];
}

export function describeEnding({ signal, code }: Ending): string {
  return signal ?? `exit code ${code}`;
}

function strangeLevels(log: string): string[] {
  return log.split('\n').filter((line) => line.startsWith('{"level":"fatal"'));
}

/** The longest time from a return to the end of the first success begun after it; undefined when there was none. */
function findRecovery({ returns }: Timeline, requests: readonly Exchange[]): number | undefined {
  const times = returns.map((moment) =>
    Math.min(...requests.filter((request) => request.began >= moment && isSuccess(request)).map(({ ended }) => ended - moment)),
  );
  const longest = Math.max(...times);
  return Number.isFinite(longest) ? longest : undefined;
}

function judgeRecovery(recoveryMs: number | undefined): string[] {
  if (recoveryMs === undefined) return ['no database route answered after the return'];
  return recoveryMs > RECOVERY_MS ? [`the first success came ${Math.round(recoveryMs)} ms after the return (bound: ${RECOVERY_MS} ms)`] : [];
}

function isInexcusable(request: Exchange, timeline: Timeline): boolean {
  // A database that takes no writes serves every read.
  if (timeline.unwritable !== undefined && !isWrite(request)) return true;
  return request.ended < timeline.began || request.began > endOf(timeline) + RECOVERY_MS;
}

function isWrite({ what }: Exchange): boolean {
  return !what.startsWith('GET ');
}

/** Without these the other bounds would hold for want of anything to break them. */
function judgeEvidence({ timeline, load, probes, health, liveness, ledger }: Observations): string[] {
  const { unreachable, unwritable } = timeline;
  const meanwhile = [...load, ...probes].filter(
    ({ began, ended }) => unwritable !== undefined && began >= unwritable.from && ended <= unwritable.until,
  );
  const evidence: [what: string, isThere: boolean][] = [
    ['a creation without a key was acknowledged', ledger.creations.some(({ key, ids }) => key === undefined && ids.size > 0)],
    ['a creation with a key was acknowledged', ledger.creations.some(({ key, ids }) => key !== undefined && ids.size > 0)],
    ['users sent requests before, during and after the fault', isThroughout(load, timeline)],
    ['probes went on before, during and after the fault', isThroughout(probes, timeline)],
    ['health was asked before, during and after the fault', isThroughout(health, timeline)],
    ['liveness was asked before, during and after the fault', isThroughout(liveness, timeline)],
    [
      'a request failed while nobody could reach the database',
      unreachable === undefined || [...load, ...probes].some((request) => !isSuccess(request)),
    ],
    ['a write failed while the database took none', unwritable === undefined || meanwhile.some((one) => isWrite(one) && !isSuccess(one))],
    ['a read succeeded while the database took no writes', unwritable === undefined || meanwhile.some((one) => !isWrite(one) && isSuccess(one))],
    ['no write succeeded while the database took none', !meanwhile.some((one) => isWrite(one) && isSuccess(one))],
  ];
  return evidence.filter(([, isThere]) => !isThere).map(([what]) => `not seen, so nothing is proven: ${what}`);
}

function isThroughout(requests: readonly Exchange[], timeline: Timeline): boolean {
  const isDuring = ({ began }: Exchange): boolean => began >= timeline.began && began <= endOf(timeline);
  return (
    requests.some(({ ended }) => ended < timeline.began) &&
    requests.some(isDuring) &&
    requests.some(({ began }) => began > endOf(timeline) + RECOVERY_MS)
  );
}

function describe(requests: readonly Exchange[], timeline: Timeline): string[] {
  return requests.map(
    ({ what, began, ended, outcome }) => `${what} at ${placeOf(began, timeline)}: ${outcome} after ${((ended - began) / 1000).toFixed(1)} s`,
  );
}

function tell(what: string, cases: readonly string[]): string[] {
  if (cases.length === 0) return [];
  const told = cases.slice(0, TOLD).map((one) => (one.length > LONGEST ? `${one.slice(0, LONGEST)}…` : one));
  return [`${cases.length} ${what} (${told.join('; ')}${cases.length > TOLD ? '; …' : ''})`];
}

import { describeExit, type ExitStatus } from '../../rehearsal/process/end-process.ts';
import { durationOf, isShed, isSuccess, type TimedRequest, type TimedResponse } from '../load/timed-request.ts';
import { compareWithWriteLog, type TaskRow, type WriteLog } from '../load/write-log.ts';
import type { ScenarioFigures } from '../trial/scenario.ts';
import { endOf, placeOf, RECOVERY_MS, type Timeline } from '../trial/timeline.ts';
import { countOutcomes } from './count-outcomes.ts';
import { findFalseHealthReports } from './health-accuracy.ts';
import { summarize } from './summarize.ts';

/** The service's deadline of 12 s, and 2 s for a busy machine. */
const SLOWEST_MS = 14_000;

/** Everything that was observed during a fault. */
export type TrialObservations = {
  readonly timeline: Timeline;
  /** Requests of the users. */
  readonly load: readonly TimedRequest[];
  /** Periodic reads of a database route. */
  readonly probes: readonly TimedRequest[];
  readonly health: readonly TimedResponse[];
  readonly liveness: readonly TimedRequest[];
  readonly writeLog: WriteLog;
  /** The users' tasks, read after the last write. */
  readonly rows: readonly TaskRow[];
  /** Whether the process exited before it was stopped. */
  readonly exitedUnexpectedly: boolean;
  readonly exit: ExitStatus;
  /** The output of the process. */
  readonly log: string;
};

/** Checks every bound. */
export function judgeTrial(observed: TrialObservations): ScenarioFigures {
  const { timeline, load, probes, health, liveness } = observed;
  const all = [...load, ...probes];
  const failed = all.filter((request) => !isSuccess(request));
  const other = failed.filter((request) => !isShed(request));
  const recoveryMs = findRecovery(timeline, timeline.unwritable === undefined ? probes : load.filter(isWrite));
  const { lost, doubled, unexpected, unacknowledged } = compareWithWriteLog(observed.writeLog, observed.rows);
  const falseReports = findFalseHealthReports(health, timeline, all);
  const summarizeRequests = (what: string, requests: readonly TimedRequest[]): string[] => summarize(what, describe(requests, timeline));
  return {
    ...countOutcomes(all),
    acknowledged: load.filter(({ what, outcome }) => outcome === 201 || (outcome === 200 && what.startsWith('PUT '))).length,
    lost: lost.length,
    doubled: doubled.length,
    recoveryMs,
    healthWrong: falseReports.length,
    breaches: [
      ...judgeProcess(observed),
      ...summarizeRequests('requests failed without 503 and Retry-After', other),
      ...summarizeRequests(
        `requests took longer than ${SLOWEST_MS / 1000} s`,
        all.filter((request) => durationOf(request) > SLOWEST_MS),
      ),
      ...summarizeRequests(
        'requests failed although the database was available',
        failed.filter((request) => isInexcusable(request, timeline)),
      ),
      ...summarize('acknowledged writes are lost', lost),
      ...summarize('rows are duplicates', doubled),
      ...summarize('rows match no request', unexpected),
      ...summarize('creations with a key were never acknowledged', unacknowledged),
      ...judgeRecovery(recoveryMs),
      ...summarize('health checks returned a wrong result', falseReports),
      ...summarizeRequests(
        'liveness checks did not return 200',
        liveness.filter(({ outcome }) => outcome !== 200),
      ),
      ...judgeEvidence(observed),
    ],
  };
}

function judgeProcess({ exitedUnexpectedly, exit, log }: TrialObservations): string[] {
  const lines = log.split('\n').filter((line) => line !== '');
  return [
    ...(exitedUnexpectedly ? [`the process exited unexpectedly: ${describeExit(exit)}`] : []),
    ...(!exitedUnexpectedly && exit.code !== 0 ? [`the process did not stop cleanly: ${describeExit(exit)}`] : []),
    ...summarize(
      'lines of output are not log entries',
      lines.filter((line) => !/^\{.*\}$/.test(line)),
    ),
    ...summarize(
      'log entries are fatal',
      lines.filter((line) => line.startsWith('{"level":"fatal"')),
    ),
  ];
}

/** The longest time from a return to the end of the first success that began after it; undefined when there was none. */
function findRecovery({ returns }: Timeline, requests: readonly TimedRequest[]): number | undefined {
  const times = returns.map((moment) =>
    Math.min(...requests.filter((request) => request.began >= moment && isSuccess(request)).map(({ ended }) => ended - moment)),
  );
  const longest = Math.max(...times);
  return Number.isFinite(longest) ? longest : undefined;
}

function judgeRecovery(recoveryMs: number | undefined): string[] {
  if (recoveryMs === undefined) return ['no request to a database route succeeded after the return'];
  return recoveryMs > RECOVERY_MS ? [`the first success came ${Math.round(recoveryMs)} ms after the return (bound: ${RECOVERY_MS} ms)`] : [];
}

function isInexcusable(request: TimedRequest, timeline: Timeline): boolean {
  // A database that rejects writes still serves every read.
  if (timeline.unwritable !== undefined && isRead(request)) return true;
  return request.ended < timeline.began || request.began > endOf(timeline) + RECOVERY_MS;
}

function isRead({ what }: TimedRequest): boolean {
  return what.startsWith('GET ');
}

/** A repeated creation is neither a read nor a write: a database that rejects writes may serve it, because its response is stored. */
function isWrite(request: TimedRequest): boolean {
  return !isRead(request) && !request.repeats;
}

/** Without this evidence the other bounds could hold only because nothing tested them. */
function judgeEvidence({ timeline, load, probes, health, liveness, writeLog }: TrialObservations): string[] {
  const { unreachable, unwritable } = timeline;
  const all = [...load, ...probes];
  const meanwhile = all.filter(({ began, ended }) => unwritable !== undefined && began >= unwritable.from && ended <= unwritable.until);
  const evidence: [what: string, wasObserved: boolean][] = [
    ['a creation without a key was acknowledged', writeLog.creations.some(({ key, ids }) => key === undefined && ids.size > 0)],
    ['a creation with a key was acknowledged', writeLog.creations.some(({ key, ids }) => key !== undefined && ids.size > 0)],
    ['users sent requests before, during and after the fault', isThroughout(load, timeline)],
    ['probes continued before, during and after the fault', isThroughout(probes, timeline)],
    ['health was checked before, during and after the fault', isThroughout(health, timeline)],
    ['liveness was checked before, during and after the fault', isThroughout(liveness, timeline)],
    ['a request failed while the database was unreachable', unreachable === undefined || all.some((request) => !isSuccess(request))],
    ['a write failed while the database rejected writes', unwritable === undefined || meanwhile.some((one) => isWrite(one) && !isSuccess(one))],
    ['a read succeeded while the database rejected writes', unwritable === undefined || meanwhile.some((one) => isRead(one) && isSuccess(one))],
    ['no write succeeded while the database rejected writes', !meanwhile.some((one) => isWrite(one) && isSuccess(one))],
  ];
  return evidence.filter(([, wasObserved]) => !wasObserved).map(([what]) => `not observed, so nothing is proven: ${what}`);
}

function isThroughout(requests: readonly TimedRequest[], timeline: Timeline): boolean {
  const isDuring = ({ began }: TimedRequest): boolean => began >= timeline.began && began <= endOf(timeline);
  return (
    requests.some(({ ended }) => ended < timeline.began) &&
    requests.some(isDuring) &&
    requests.some(({ began }) => began > endOf(timeline) + RECOVERY_MS)
  );
}

function describe(requests: readonly TimedRequest[], timeline: Timeline): string[] {
  return requests.map(
    (request) => `${request.what} at ${placeOf(request.began, timeline)}: ${request.outcome} after ${(durationOf(request) / 1000).toFixed(1)} s`,
  );
}

import type { Exchange } from '../../model/exchange.ts';
import type { ReleaseEvidence } from './gather-release.ts';
import { mediaType } from '../../model/header-fields.ts';
import { record } from '../../model/json.ts';
import { requestLine, header, json } from '../../model/response.ts';
import { conclude, type Observation, type Verdict, observePass, observeFailure, observeDoubt } from '../../model/verdict.ts';

/** SC-001. */
const DEPLOYMENT_SECONDS = 300;

/** The time to the first healthy response, or why it was not measured. */
export type TimeToHealthy = { seconds: number } | { notMeasured: string };

export function judgeRelease(evidence: ReleaseEvidence): Verdict {
  const { expected, polls } = evidence;
  const last = polls.at(-1);
  if (last === undefined) return conclude([], '');
  const healthy = timeToHealthy(evidence);
  if (healthy === undefined) return conclude(notLive(evidence, last));
  const how =
    'seconds' in healthy
      ? `Its first healthy response was seen ${healthy.seconds.toFixed(1)} s after its deployment was created.`
      : `SC-001 ${healthy.notMeasured}.`;
  return conclude([observePass('release-live', last)], `${expected.commit} is live and healthy. ${how}`);
}

/** Undefined where the expected release is not live and healthy. */
export function timeToHealthy({ expected, polls }: ReleaseEvidence): TimeToHealthy | undefined {
  const last = polls.at(-1);
  if (last?.response?.status !== 200 || liveCommit(last) !== expected.commit) return undefined;
  const { deployedAt, firstHealthy } = expected;
  if (deployedAt === undefined) return { notMeasured: 'not measured: AUDIT_DEPLOYED_AT is not set' };
  const earlier = firstHealthy?.commit === expected.commit ? firstHealthy.at : null;
  const seconds = ((earlier ?? last.at + last.ms) - deployedAt) / 1_000;
  if (seconds < 0) return { notMeasured: 'not measured: by these clocks the first healthy response was before the deployment was created' };
  // It is unknown when it became healthy.
  return seconds > DEPLOYMENT_SECONDS ? { notMeasured: `not measured, first seen after ${Math.round(seconds)} s` } : { seconds };
}

/** The full Git commit in a health response, in lower case; null where there is none. */
export function liveCommit(exchange: Exchange): string | null {
  const { commit } = record(isJson(exchange) ? json(exchange) : undefined);
  return typeof commit === 'string' && /^[0-9a-f]{40}$/i.test(commit) ? commit.toLowerCase() : null;
}

/** Why the expected release is not live and healthy: a failure, or a doubt. */
function notLive(evidence: ReleaseEvidence, last: Exchange): Observation {
  const { expected, from, lineage } = evidence;
  const { response } = last;
  const doubt = (code: string, why: string): Observation => observeDoubt(code, `It is unknown whether ${expected.commit} is live: ${why}.`, last);
  if (response === undefined) return doubt('no-answer', `no response to ${requestLine(last)} (${last.error ?? 'unknown reason'})`);
  if (response.status === 429) return doubt('rate-limited', `${requestLine(last)} returned 429`);

  const since = expected.deployedAt === undefined ? 'the audit began' : 'its deployment was created';
  const after = `${Math.round((last.at + last.ms - from) / 1_000)} s after ${since}`;
  const isHealth = isJson(last) && 'commit' in record(json(last));
  // An edge that does not reach the service is a failure here, not a doubt.
  if (!isHealth && (response.status >= 500 || header(last, 'x-railway-fallback') !== undefined))
    return observeFailure('not-live', `${expected.commit} was not live ${after}: ${requestLine(last)} returned ${response.status}.`, last);
  if (!isHealth)
    return doubt(
      'not-the-api',
      `${requestLine(last)} returned ${response.status} as ${header(last, 'content-type') ?? 'no content type'}, which is not the health response of the API`,
    );

  const live = liveCommit(last);
  if (live === null) return doubt('commit-unknown', 'health reports no commit');
  if (live === expected.commit)
    return observeFailure('not-healthy', `${live} was live but not healthy ${after}: ${requestLine(last)} returned ${response.status}.`, last);
  if (isLater(evidence, live)) return doubt('superseded', `superseded by ${live}`);
  return observeFailure('not-live', `${expected.commit} was not live ${after}: health reports ${live}${HINTS[lineage]}.`, last);
}

const HINTS: Readonly<Record<ReleaseEvidence['lineage'], string>> = {
  descendant: '',
  ancestor: ', an earlier commit',
  other: '',
  'live unknown': ', which this checkout does not have. If that is a later release, fetch it with git and run the audit again',
  'expected unknown': '. This checkout does not have the expected commit',
};

/** Whether the live commit is known to be later: by the history, or because it replaced another commit after the deployment was created. */
function isLater({ expected, polls, lineage }: ReleaseEvidence, live: string): boolean {
  if (lineage === 'descendant') return true;
  const { firstHealthy } = expected;
  if (firstHealthy?.commit === expected.commit && firstHealthy.at !== null) return true;
  const before = polls.map(liveCommit).find((commit) => commit !== null);
  return lineage !== 'ancestor' && before !== live;
}

function isJson(exchange: Exchange): boolean {
  return mediaType(header(exchange, 'content-type')) === 'application/json';
}

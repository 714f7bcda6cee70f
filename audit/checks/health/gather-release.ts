import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openPath } from '../../contract/health.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Release } from '../../settings/release.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { record } from '../../model/json.ts';
import { json } from '../../model/response.ts';
import { transportEvidence } from '../transport/gather.ts';

const git = promisify(execFile);

/** SC-001: how long a deployment may take until it is healthy. */
const DEPLOYMENT_MS = 300_000;
/** How long health is polled where that time has passed. */
const LATE_POLLING_MS = 10_000;
const POLL_AGAIN_MS = 2_000;
/** Longer than gathering can take: the wait, and a last request without a response. */
export const LONGEST_RELEASE_MS = DEPLOYMENT_MS + 30_000;

export type ReleaseEvidence = {
  expected: Release;
  /** The time from which the wait counts: the creation of the deployment, or else the start of the audit. */
  from: number;
  /** The first poll, and the last one of each stretch with the same status and commit. */
  polls: readonly Exchange[];
  /** Milliseconds until the last poll began; 0 where there was one poll. */
  waitedMs: number;
  /** How the live commit relates to the expected one in the history of the checkout, or which of them is not in it. */
  lineage: Lineage;
};
type Lineage = 'descendant' | 'ancestor' | 'other' | 'live unknown' | 'expected unknown';

export const releaseEvidence: Evidence<ReleaseEvidence | undefined> = { name: 'release', area: 'health', gather: gatherRelease };

/** Undefined where no release is expected, where health reports no commit, or where the connection is not trusted. */
async function gatherRelease(context: GatherContext): Promise<ReleaseEvidence | undefined> {
  const expected = context.target.release;
  if (expected === undefined || !('commit' in (context.contract.health?.properties ?? {}))) return undefined;
  const { authorized } = await context.evidence(transportEvidence);
  return authorized ? pollUntilLive(context, expected, context.startedAt) : undefined;
}

/** Polls health until it is 200 with the expected commit, at most until five minutes after the deployment was created. */
export async function pollUntilLive(
  context: Pick<GatherContext, 'contract' | 'ending' | 'newHttpClient'>,
  expected: Release,
  auditStartedAt: number,
): Promise<ReleaseEvidence> {
  const startedAt = Date.now();
  const from = expected.deployedAt ?? auditStartedAt;
  const until = from + DEPLOYMENT_MS > startedAt ? from + DEPLOYMENT_MS : startedAt + LATE_POLLING_MS;
  const polls: Exchange[] = [];
  for (;;) {
    const poll = await pollOnce(context);
    if (polls.length > 1 && reported(poll) === reported(polls.at(-1))) polls.pop();
    polls.push(poll);
    const live = commitIn(poll);
    if ((poll.response?.status === 200 && live === expected.commit) || Date.now() >= until || context.ending.aborted) {
      return { expected, from, polls, waitedMs: polls.length === 1 ? 0 : poll.at - startedAt, lineage: await lineageOf(live, expected.commit) };
    }
    const next = Math.min(Date.now() + POLL_AGAIN_MS, until);
    // By this clock a timer may fire a millisecond early.
    while (Date.now() < next) await sleep(next - Date.now());
  }
}

/** Each poll has its own client, because a client stops sending after several requests without a response. */
async function pollOnce(context: Pick<GatherContext, 'contract' | 'newHttpClient'>): Promise<Exchange> {
  const http = context.newHttpClient();
  try {
    return await http.send({ actor: 'anonymous', purpose: 'find the live release', path: openPath(context.contract) });
  } finally {
    http.close();
  }
}

function reported(poll: Exchange | undefined): string {
  return `${poll?.response?.status} ${poll && commitIn(poll)}`;
}

/** Undefined where the response has none. */
function commitIn(poll: Exchange): string | undefined {
  const { commit } = record(json(poll));
  return typeof commit === 'string' && /^[0-9a-f]{40}$/i.test(commit) ? commit.toLowerCase() : undefined;
}

async function lineageOf(live: string | undefined, expected: string): Promise<Lineage> {
  const exits = (...args: string[]): Promise<boolean> =>
    git('git', args).then(
      () => true,
      () => false,
    );
  const isKnown = (commit: string): Promise<boolean> => exits('cat-file', '-e', `${commit}^{commit}`);
  if (live === undefined || !(await isKnown(live))) return 'live unknown';
  if (!(await isKnown(expected))) return 'expected unknown';
  if (await exits('merge-base', '--is-ancestor', expected, live)) return 'descendant';
  return (await exits('merge-base', '--is-ancestor', live, expected)) ? 'ancestor' : 'other';
}

import { proxyNotice } from '../settings/environment-proxy.ts';
import { judgeIdentity } from '../checks/health/judge.ts';
import { judgeAccess, judgeCredentials } from '../checks/tokens/judge.ts';
import { judgeCertificate } from '../checks/transport/judge.ts';
import { inconclusive, type Verdict } from '../model/verdict.ts';
import { type CleanupEvidence, removeLeftovers } from '../checks/self-check/gather-cleanup.ts';
import { probeCredentials } from '../checks/preconditions/gather-credentials.ts';
import { probeHealth, probeWarmUp } from '../checks/health/gather.ts';
import { probeRelease, type ReleaseEvidence } from '../checks/health/gather-release.ts';
import { probeTokens } from '../checks/tokens/gather.ts';
import { probeTransport } from '../checks/transport/gather.ts';
import type { Session } from './session.ts';

/** The target answers, over a connection that can be trusted, as the API it should be. */
export async function identity(session: Session): Promise<Verdict> {
  const transport = await session.evidence('transport', probeTransport);
  if (!transport.authorized) {
    const { outcome, code, summary } = judgeCertificate(transport);
    if (outcome === 'fail') return inconclusive('not-trusted', summary);
    const notice = proxyNotice(session.unusedProxies);
    const advice = notice === undefined ? '' : `. ${notice} Run the audit where ${transport.host} is reachable without one.`;
    return inconclusive(code, `${summary}${advice}`);
  }
  // What is audited is the release that is to be live. That it is not is the finding of a check of its own.
  await release(session).catch(() => {});
  // It takes two seconds until its pages are open, and others come before they are needed.
  if (session.directory.recall('browser-cors') === undefined) void session.browser().catch(() => {});
  return judgeIdentity({ properties: session.contract.health.properties, ...(await session.evidence('warm-up', probeWarmUp)) });
}

/** Waits for the release that is to be live; undefined where none is expected, or the connection cannot be trusted. */
export async function release(session: Session): Promise<ReleaseEvidence | undefined> {
  const { release: expected } = session.target;
  if (expected === undefined || !('commit' in session.contract.health.properties)) return undefined;
  const { authorized } = await session.evidence('transport', probeTransport);
  return authorized ? session.evidence('release', (kit) => probeRelease(kit, expected, session.startedAt)) : undefined;
}

/** Valid tokens work and invalid ones do not: without both, no refusal proves anything. */
export async function access(session: Session): Promise<Verdict> {
  return (await rejection(session)) ?? judgeAccess(await session.evidence('tokens', probeTokens));
}

async function rejection(session: Session): Promise<Verdict | undefined> {
  return judgeCredentials(await session.evidence('credentials', probeCredentials));
}

/** What earlier runs left is removed with credentials that are known to work. */
export async function leftovers(session: Session): Promise<CleanupEvidence['earlier']> {
  const isAccepted = (await rejection(session)) === undefined;
  return session.evidence('leftovers', (kit) => removeLeftovers(kit, isAccepted));
}

export const health = (session: Session): ReturnType<typeof probeHealth> => session.evidence('health', probeHealth);

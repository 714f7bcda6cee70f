import { inconclusive, type Verdict } from '../../model/verdict.ts';
import { proxyNotice } from '../../settings/environment-proxy.ts';
import type { Gather, JudgeContext, Needs } from '../check.ts';
import { releaseEvidence } from '../health/gather-release.ts';
import { warmUpEvidence } from '../health/gather.ts';
import { judgeIdentity } from '../health/judge.ts';
import { leftoversEvidence } from '../self-check/gather-cleanup.ts';
import { tokensEvidence } from '../tokens/gather.ts';
import { judgeAccess, judgeCredentials } from '../tokens/judge.ts';
import { transportEvidence } from '../transport/gather.ts';
import { judgeCertificate } from '../transport/judge.ts';
import { credentialsEvidence } from './gather-credentials.ts';

/** The target responds as the API it should be, over a connection that is trusted; nothing is sent over one that is not. */
export async function checkTarget(gather: Gather, { contract, unusedProxies }: JudgeContext): Promise<Verdict> {
  const transport = await gather(transportEvidence);
  if (!transport.authorized) {
    const { outcome, code, summary } = judgeCertificate(transport);
    if (outcome === 'fail') return inconclusive('not-trusted', summary);
    const notice = proxyNotice(unusedProxies);
    const advice = notice === undefined ? '' : `. ${notice} Run the audit where ${transport.host} is reachable without one.`;
    return inconclusive(code, `${summary}${advice}`);
  }
  // What is audited is the expected release. That it is not live is the finding of release-live.
  await gather(releaseEvidence).catch(() => {});
  return judgeIdentity({ properties: contract.health.properties, ...(await gather(warmUpEvidence)) });
}

/** Valid tokens are accepted and invalid ones are not: without both, no rejection proves anything. */
export async function checkAccess(gather: Gather): Promise<Verdict> {
  return judgeCredentials(await gather(credentialsEvidence)) ?? judgeAccess(await gather(tokensEvidence));
}

/** The first check with credentials also removes what earlier runs left. */
export async function checkAccessFirst(gather: Gather): Promise<Verdict> {
  await gather(leftoversEvidence);
  return checkAccess(gather);
}

/** Why a check with these needs cannot conclude anything; undefined where it can. */
export async function unmetNeed(needs: Needs, gather: Gather, context: JudgeContext): Promise<string | undefined> {
  if (needs === 'nothing') return undefined;
  const target = await checkTarget(gather, context);
  if (target.outcome !== 'pass') return `The target cannot be audited: ${target.summary}`;
  if (needs === 'target') return undefined;
  const access = await checkAccess(gather);
  return access.outcome === 'pass' ? undefined : `The credentials do not work: ${access.summary}`;
}

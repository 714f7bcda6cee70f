import { conclude, inconclusive, type Verdict } from '../../model/verdict.ts';
import { proxyNotice } from '../../settings/environment-proxy.ts';
import type { Gather, JudgeContext, Needs } from '../check.ts';
import { releaseEvidence } from '../health/gather-release.ts';
import { leftoversEvidence } from '../self-check/gather-cleanup.ts';
import { accessEvidence } from '../tokens/gather.ts';
import { judgeAccess, judgeCredentials } from '../tokens/judge.ts';
import { transportEvidence } from '../transport/gather.ts';
import { judgeCertificate } from '../transport/judge.ts';
import { credentialsEvidence } from './gather-credentials.ts';
import { warmUpEvidence } from './gather-warm-up.ts';
import { judgeIdentity, redirected } from './judge.ts';

/** The target responds as the API of the contract over a trusted connection. Nothing is sent over an untrusted one. */
export async function checkTarget(gather: Gather, { contract, unusedProxies }: JudgeContext): Promise<Verdict> {
  const transport = await gather(transportEvidence);
  if (!transport.authorized) {
    const { outcome, code, summary } = judgeCertificate(transport);
    if (outcome === 'fail') return inconclusive('not-trusted', summary);
    const notice = proxyNotice(unusedProxies);
    return inconclusive(
      code,
      notice === undefined ? summary : `${summary} ${notice} Run the audit where ${transport.host} is reachable without one.`,
    );
  }
  // Every check audits the expected release. Where it is not live, release-live reports that.
  await gather(releaseEvidence).catch(() => {});
  return judgeIdentity({ properties: contract.health?.properties ?? {}, ...(await gather(warmUpEvidence)) });
}

/** The target accepts valid tokens and rejects invalid ones. Otherwise no rejection proves anything. */
export async function checkAccess(gather: Gather): Promise<Verdict> {
  const credentials = await gather(credentialsEvidence);
  const [moved] = credentials.flatMap(({ exchange }) => redirected(exchange) ?? []);
  return moved === undefined ? (judgeCredentials(credentials) ?? judgeAccess(await gather(accessEvidence))) : conclude(moved);
}

/** The first check with credentials also removes the objects that earlier runs left. */
export async function checkAccessFirst(gather: Gather): Promise<Verdict> {
  await gather(leftoversEvidence);
  return checkAccess(gather);
}

/** Why a check with these needs cannot conclude anything; undefined where it can. */
export async function unmetNeed(needs: Needs, gather: Gather, context: JudgeContext): Promise<string | undefined> {
  if (needs === 'nothing') return undefined;
  const target = await checkTarget(gather, context);
  if (target.outcome !== 'pass') return `The target cannot be audited: ${target.summary}`;
  if (needs === 'target' || 'none' in context.target.tenants) return undefined;
  const access = await checkAccess(gather);
  return access.outcome === 'pass' ? undefined : `The credentials do not work: ${access.summary}`;
}

import type { Exchange } from '../../model/exchange.ts';
import { check } from '../fixtures.ts';
import { judgeConformance } from '../../checks/exposure/judge-conformance.ts';
import { judgeCorsOnEveryStatus, judgeVary } from '../../checks/cors-http/judge.ts';
import { judgeBanner, judgeHsts, judgePrivateAnswers, judgeSecurityHeaders } from '../../checks/exposure/judge.ts';
import { probeConformance } from '../../checks/exposure/gather-conformance.ts';
import { probeStatusClasses, type StatusClassesEvidence } from '../../checks/headers/gather.ts';
import { probeWireCors } from '../../checks/cors-http/gather.ts';
import type { Session } from '../session.ts';

/** What every answer must be like is asked of every answer there was: a fault on one route alone is seen without anybody having thought of it. */
const everyAnswer = ({ directory }: Session): Exchange[] => directory.readLedger().filter((entry) => entry.kind === 'wire');
const statusClasses = (session: Session): Promise<StatusClassesEvidence> => session.evidence('status-classes', probeStatusClasses);

check('vary-origin', 'access', async (session) =>
  judgeVary(await session.evidence('wire-cors', probeWireCors), await statusClasses(session), everyAnswer(session)),
);
check('cors-on-every-status', 'access', async (session) => {
  const listed = [session.target.appOrigin, ...session.config.origins];
  return judgeCorsOnEveryStatus(await statusClasses(session), listed, everyAnswer(session), session.contract.responseHeaders);
});
check('hsts', 'access', async (session) => judgeHsts(await statusClasses(session), everyAnswer(session)));
check('security-headers', 'access', async (session) => judgeSecurityHeaders(await statusClasses(session), everyAnswer(session)));
check('private-answers', 'access', async (session) => judgePrivateAnswers(await statusClasses(session), everyAnswer(session)));
check('server-banner', 'access', async (session) => judgeBanner(everyAnswer(session)));
check('answers-as-documented', 'access', async (session) =>
  judgeConformance(await session.evidence('conformance', probeConformance), session.contract.operations),
);

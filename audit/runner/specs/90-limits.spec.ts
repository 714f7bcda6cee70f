import { check } from '../fixtures.ts';
import { judgeForgedAddress } from '../../checks/limits/judge-keys.ts';
import { judgeConcurrentReads, judgeExhaustion, judgeLimitHeaders } from '../../checks/limits/judge.ts';
import { type LimitKeysEvidence, probeLimitKeys } from '../../checks/limits/gather-keys.ts';
import { AT_ONCE, LARGEST_BUCKET, probeExhaustion, probeLimitHeaders } from '../../checks/limits/gather.ts';
import type { Session } from '../session.ts';

const limitKeys = (session: Session): Promise<LimitKeysEvidence> => session.evidence('limit-keys', probeLimitKeys);

check('limit-headers', 'access', async (session) => {
  // Each probe has tenants of its own, unless two tokens were given.
  if (session.credentials.sign !== undefined) limitKeys(session).catch(() => {});
  return judgeLimitHeaders(await session.evidence('limit-headers', probeLimitHeaders));
});
check('limit-forged-address', 'access', async (session) => judgeForgedAddress(await limitKeys(session)));
// Last of all that asks the target for something but the tidying up: it leaves a bucket empty.
check('limit-exhaustion', 'access', async (session) => judgeExhaustion(await session.evidence('exhaustion', probeExhaustion), LARGEST_BUCKET));
check('concurrent-reads', 'access', async (session) => judgeConcurrentReads(await session.evidence('exhaustion', probeExhaustion), AT_ONCE));

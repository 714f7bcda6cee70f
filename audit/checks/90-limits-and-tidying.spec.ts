import { check } from '../fixtures.ts';
import { judgeCleanup } from '../judge/honesty.ts';
import { judgeExhaustion, judgeForgedAddress, judgeLimitHeaders } from '../judge/limits.ts';
import { removeLeftovers, tidyUp } from '../probe/cleanup.ts';
import { LARGEST_BUCKET, probeExhaustion, probeLimitHeaders } from '../probe/limits.ts';

check('limit-headers', 'access', async (session) => judgeLimitHeaders(await session.evidence('limit-headers', probeLimitHeaders)));
check('limit-forged-address', 'access', async (session) => judgeForgedAddress(await session.evidence('limit-headers', probeLimitHeaders)));
check('nothing-left-behind', 'target', async (session) => {
  const earlier = await session.evidence('leftovers', removeLeftovers);
  return judgeCleanup(await session.evidence('cleanup', (kit) => tidyUp(kit, earlier)));
});

// Last of all that asks the target for something, and after the tidying up: it leaves a bucket empty.
check('limit-exhaustion', 'access', async (session) => judgeExhaustion(await session.evidence('exhaustion', probeExhaustion), LARGEST_BUCKET));

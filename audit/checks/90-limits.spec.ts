import { check } from '../fixtures.ts';
import { judgeConcurrentReads, judgeExhaustion, judgeForgedAddress, judgeLimitHeaders } from '../judge/limits.ts';
import { AT_ONCE, LARGEST_BUCKET, probeExhaustion, probeLimitHeaders } from '../probe/limits.ts';

check('limit-headers', 'access', async (session) => judgeLimitHeaders(await session.evidence('limit-headers', probeLimitHeaders)));
check('limit-forged-address', 'access', async (session) => judgeForgedAddress(await session.evidence('limit-headers', probeLimitHeaders)));
// Last of all that asks the target for something but the tidying up: it leaves a bucket empty.
check('limit-exhaustion', 'access', async (session) => judgeExhaustion(await session.evidence('exhaustion', probeExhaustion), LARGEST_BUCKET));
check('concurrent-reads', 'access', async (session) => judgeConcurrentReads(await session.evidence('exhaustion', probeExhaustion), AT_ONCE));

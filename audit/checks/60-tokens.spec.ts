import { check } from '../fixtures.ts';
import { judgeAttacks, judgeOperations, judgeOversized } from '../judge/tokens.ts';
import { probeOperations, probeTokens } from '../probe/token-attacks.ts';

check('token-missing', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'missing'));
check('token-malformed', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'malformed'));
check('token-wrong-key', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'wrong-key'));
check('token-algorithm', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'algorithm'));
check('token-tampered', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'tampered'));
check('token-expired', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'expired'));
check('token-without-exp', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'without-exp'));
check('token-claims', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'claims'));
check('token-oversized', 'access', async (session) => judgeOversized(await session.evidence('tokens', probeTokens)));
check('token-every-operation', 'access', async (session) =>
  judgeOperations(await session.evidence('operations', probeOperations), await session.evidence('tokens', probeTokens)),
);

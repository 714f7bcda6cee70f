import { check } from '../fixtures.ts';
import { judgeAttacks, judgeExpired, judgeOperations, judgeOversized } from '../../checks/tokens/judge.ts';
import { type CoverageEvidence, probeOperations, probeTokens } from '../../checks/tokens/gather.ts';
import type { Session } from '../session.ts';

async function coverage(session: Session): Promise<CoverageEvidence> {
  const tokens = await session.evidence('tokens', probeTokens);
  return session.evidence('operations', (kit) => probeOperations(kit, tokens));
}

check('token-missing', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'missing'));
check('token-malformed', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'malformed'));
check('token-wrong-key', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'wrong-key'));
check('token-algorithm', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'algorithm'));
check('token-tampered', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'tampered'));
check('token-expired', 'access', async (session) => judgeExpired(await session.evidence('tokens', probeTokens), await coverage(session)));
check('token-without-exp', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'without-exp'));
check('token-claims', 'access', async (session) => judgeAttacks(await session.evidence('tokens', probeTokens), 'claims'));
check('token-oversized', 'access', async (session) => judgeOversized(await session.evidence('tokens', probeTokens)));
check('token-every-operation', 'access', async (session) => judgeOperations(await coverage(session), await session.evidence('tokens', probeTokens)));

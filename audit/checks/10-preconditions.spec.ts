import { check } from '../fixtures.ts';
import { access, identity } from '../preconditions.ts';
import { removeLeftovers } from '../probe/cleanup.ts';

check('target-identity', 'nothing', identity);
check('tenant-access', 'target', async (session) => {
  await session.evidence('leftovers', removeLeftovers);
  return access(session);
});

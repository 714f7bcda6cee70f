import { check } from '../fixtures.ts';
import { judgeAnonymous, judgeIsolationById } from '../judge/isolation.ts';
import { judgeLists, judgeOwnership } from '../judge/lists.ts';
import { probeIsolationById, probeLists } from '../probe/isolation.ts';

check('isolation-by-id', 'access', async (session) => judgeIsolationById(await session.evidence('isolation', probeIsolationById)));
check('isolation-in-lists', 'access', async (session) => {
  const { listProperty, totalProperty, idProperty } = session.contract.resource;
  return judgeLists(await session.evidence('lists', probeLists), { property: listProperty, total: totalProperty, id: idProperty });
});
check('isolation-of-ownership', 'access', async (session) => judgeOwnership(await session.evidence('lists', probeLists)));
check('isolation-anonymous', 'access', async (session) =>
  judgeAnonymous(await session.evidence('lists', probeLists), await session.evidence('isolation', probeIsolationById)),
);

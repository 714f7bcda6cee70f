import { check } from '../fixtures.ts';
import { judgeAnonymous, judgeIsolationById } from '../judge/isolation.ts';
import { judgeLists, judgeOwnership } from '../judge/lists.ts';
import { judgeReferences } from '../judge/references.ts';
import { together } from '../judge/verdict.ts';
import { probeIsolationById } from '../probe/isolation.ts';
import { type ListsEvidence, probeLists } from '../probe/lists.ts';
import { probeReferences } from '../probe/references.ts';
import type { Session } from '../session.ts';

const lists = (session: Session): Promise<ListsEvidence[]> => session.evidence('lists', probeLists);

check('isolation-by-id', 'access', async (session) => judgeIsolationById(await session.evidence('isolation', probeIsolationById)));
check('isolation-in-lists', 'access', async (session) => together((await lists(session)).map(judgeLists)));
check('isolation-of-references', 'access', async (session) => judgeReferences(await session.evidence('references', probeReferences)));
check('isolation-of-ownership', 'access', async (session) => together((await lists(session)).map(judgeOwnership)));
check('isolation-anonymous', 'access', async (session) => {
  const isolation = await session.evidence('isolation', probeIsolationById);
  const asked = (await lists(session)).filter(({ nobody }) => nobody !== undefined);
  return together(asked.map((evidence) => judgeAnonymous(evidence, isolation)));
});

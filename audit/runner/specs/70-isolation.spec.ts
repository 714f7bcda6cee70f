import { check } from '../fixtures.ts';
import { judgeAnonymous, judgeIsolationById } from '../../checks/isolation/judge.ts';
import { judgeLists } from '../../checks/isolation/judge-lists.ts';
import { judgeOwners, judgeOwnership } from '../../checks/isolation/judge-ownership.ts';
import { judgeReferences } from '../../checks/isolation/judge-references.ts';
import { together, type Verdict } from '../../model/verdict.ts';
import { probeIsolationById } from '../../checks/isolation/gather.ts';
import { type ListsEvidence, probeLists } from '../../checks/isolation/gather-lists.ts';
import { probeReferences, type ReferencesEvidence } from '../../checks/isolation/gather-references.ts';
import { probeTokens } from '../../checks/tokens/gather.ts';
import type { EvidenceName, Session } from '../session.ts';

const lists = (session: Session): Promise<ListsEvidence[]> => session.evidence('lists', probeLists);

const references = (session: Session): Promise<ReferencesEvidence> => session.evidence('references', probeReferences);

/** The verdict, and what every answer the probe got says of owners. */
function andOwners({ directory, contract: { resources } }: Session, probe: EvidenceName, ...verdicts: Verdict[]): Verdict {
  const exchanges = directory.readLedger().filter((entry) => entry.kind === 'wire');
  const owners = judgeOwners(
    exchanges.filter((exchange) => exchange.probe === probe),
    resources.map(({ ownerProperty }) => ownerProperty),
  );
  return together([...verdicts, ...(owners ? [owners] : [])]);
}

check('isolation-by-id', 'access', async (session) => {
  // First, so that its objects get ids in sequence: every remainder is among them.
  const isolation = session.evidence('isolation', probeIsolationById);
  // Each probe has tenants of its own, unless two tokens are all there is: what one creates the lists of another never show.
  if (session.credentials.sign !== undefined) for (const ahead of [lists, references]) ahead(session).catch(() => {});
  return andOwners(session, 'isolation', judgeIsolationById(await isolation));
});
check('isolation-in-lists', 'access', async (session) => andOwners(session, 'lists', ...(await lists(session)).map(judgeLists)));
check('isolation-of-references', 'access', async (session) => andOwners(session, 'references', judgeReferences(await references(session))));
check('isolation-of-ownership', 'access', async (session) => together((await lists(session)).map(judgeOwnership)));
check('isolation-anonymous', 'access', async (session) => {
  const isolation = await session.evidence('isolation', probeIsolationById);
  const tokens = await session.evidence('tokens', probeTokens);
  const unknown = (await lists(session)).find(({ anonymousUnknown }) => anonymousUnknown !== undefined)?.anonymousUnknown;
  return judgeAnonymous({ existing: tokens.control, ownerRead: tokens.after, ...(unknown && { unknown }) }, isolation);
});

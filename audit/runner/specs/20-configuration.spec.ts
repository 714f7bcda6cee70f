import { checkIds, checkOf } from '../../checks/catalog.ts';
import { check } from '../fixtures.ts';
import { judgeDecisions, judgeDependencies, judgeFallbacks, judgePool, judgePort, judgeProcfile } from '../../checks/configuration/judge.ts';
import { judgeKeys } from '../../checks/secrets/judge-keys.ts';
import { notApplicable, type Verdict } from '../../model/verdict.ts';
import { health } from '../preconditions.ts';
import { probeKeys } from '../../checks/secrets/gather-keys.ts';
import { probeConfiguration } from '../../checks/configuration/gather.ts';
import type { Session } from '../session.ts';
import { isContractHere } from '../../settings/target.ts';

/** What is said of settings rests on their inventory, which another API may not have. */
async function withInventory(session: Session, judge: () => Promise<Verdict>): Promise<Verdict> {
  return session.contract.variables.length > 0 ? judge() : notApplicable('There is no environment.json beside the contract.');
}

/** This repository builds and starts the API of its own contract, and no other. */
async function ofThisRepository({ target }: Session, judge: () => Promise<Verdict>): Promise<Verdict> {
  return isContractHere(target)
    ? judge()
    : notApplicable('AUDIT_CONTRACT names a contract from outside this repository: how that API is built and started cannot be seen from here.');
}

check('procfile-entry', 'nothing', async (session) =>
  ofThisRepository(session, async () => judgeProcfile(await session.evidence('configuration', probeConfiguration))),
);
check('port-binding', 'target', async (session) =>
  withInventory(session, async () =>
    judgePort(await session.evidence('configuration', probeConfiguration), session.contract.variables, (await health(session)).first),
  ),
);
check('settings-without-fallback', 'nothing', async (session) =>
  withInventory(session, async () => judgeFallbacks(await session.evidence('configuration', probeConfiguration), session.contract.variables)),
);
check('pool-settings', 'nothing', async (session) =>
  ofThisRepository(session, async () => judgePool(await session.evidence('configuration', probeConfiguration), session.contract.variables)),
);
check('dependencies', 'nothing', async (session) =>
  ofThisRepository(session, async () => judgeDependencies(await session.evidence('configuration', probeConfiguration))),
);
check('decision-links', 'nothing', async (session) =>
  judgeDecisions(
    await session.evidence('configuration', probeConfiguration),
    checkIds.map((id) => ({ id, adr: checkOf(id).adr })),
  ),
);
check('key-strength', 'nothing', async (session) => judgeKeys(await session.evidence('keys', probeKeys)));

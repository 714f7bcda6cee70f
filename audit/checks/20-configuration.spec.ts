import { checkIds, checkOf } from '../catalog.ts';
import { check } from '../fixtures.ts';
import {
  judgeDecisions,
  judgeFallbacks,
  judgePort,
  judgeProcfile,
  judgeSecretsByValue,
  judgeSecretsInHistory,
  judgeSecretsInTree,
} from '../judge/repository.ts';
import { health } from '../preconditions.ts';
import { probeConfiguration, probeSecrets } from '../probe/repository.ts';

check('procfile-entry', 'nothing', async (session) => judgeProcfile(await session.evidence('configuration', probeConfiguration)));
check('port-binding', 'target', async (session) =>
  judgePort(await session.evidence('configuration', probeConfiguration), session.contract.variables, (await health(session)).first),
);
check('settings-without-fallback', 'nothing', async (session) =>
  judgeFallbacks(await session.evidence('configuration', probeConfiguration), session.contract.variables),
);
check('decision-links', 'nothing', async (session) =>
  judgeDecisions(
    await session.evidence('configuration', probeConfiguration),
    checkIds.map((id) => ({ id, adr: checkOf(id).adr })),
  ),
);
check('secrets-in-tree', 'nothing', async (session) => judgeSecretsInTree(await session.evidence('secrets', probeSecrets)));
check('secrets-in-history', 'nothing', async (session) => judgeSecretsInHistory(await session.evidence('secrets', probeSecrets)));
check('secrets-by-value', 'nothing', async (session) => judgeSecretsByValue(await session.evidence('secrets', probeSecrets)));

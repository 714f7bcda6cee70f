import { check } from '../fixtures.ts';
import { judgeSecretsByValue, judgeSecretsInHistory, judgeSecretsInTree } from '../judge/repository.ts';
import { probeSecrets } from '../probe/repository.ts';

check('secrets-in-tree', 'nothing', async (session) => judgeSecretsInTree(await session.evidence('secrets', probeSecrets)));
check('secrets-in-history', 'nothing', async (session) => judgeSecretsInHistory(await session.evidence('secrets', probeSecrets)));
check('secrets-by-value', 'nothing', async (session) => judgeSecretsByValue(await session.evidence('secrets', probeSecrets)));

import { check } from '../fixtures.ts';
import { judgeSecretsByValue, judgeSecretsInHistory, judgeSecretsInTree } from '../../checks/configuration/judge.ts';
import { probeSecrets } from '../../checks/configuration/gather.ts';

check('secrets-in-tree', 'nothing', async (session) => judgeSecretsInTree(await session.evidence('secrets', probeSecrets)));
check('secrets-in-history', 'nothing', async (session) => judgeSecretsInHistory(await session.evidence('secrets', probeSecrets)));
check('secrets-by-value', 'nothing', async (session) => judgeSecretsByValue(await session.evidence('secrets', probeSecrets)));

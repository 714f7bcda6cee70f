import { check } from '../fixtures.ts';
import { judgeContractAbsent, judgeDocs, judgeFiles } from '../judge/surface.ts';
import { probeLeaks } from '../probe/leaks.ts';

check('docs-absent', 'access', async (session) => judgeDocs(await session.evidence('leaks', probeLeaks)));
check('contract-absent', 'access', async (session) => judgeContractAbsent(await session.evidence('leaks', probeLeaks)));
check('files-absent', 'access', async (session) => judgeFiles(await session.evidence('leaks', probeLeaks)));

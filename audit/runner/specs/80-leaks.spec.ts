import { check } from '../fixtures.ts';
import { judgeContractAbsent, judgeDocs, judgeErrors, judgeFiles } from '../../checks/exposure/judge.ts';
import { probeLeaks } from '../../checks/exposure/gather.ts';
import { probeForcedErrors, probeStatusClasses } from '../../checks/headers/gather.ts';

check('docs-absent', 'access', async (session) => judgeDocs(await session.evidence('leaks', probeLeaks)));
check('contract-absent', 'access', async (session) => judgeContractAbsent(await session.evidence('leaks', probeLeaks)));
check('files-absent', 'access', async (session) => judgeFiles(await session.evidence('leaks', probeLeaks)));
check('errors-without-internals', 'access', async (session) => {
  const [forced, classes] = [
    await session.evidence('forced-errors', probeForcedErrors),
    await session.evidence('status-classes', probeStatusClasses),
  ];
  return judgeErrors(
    forced,
    classes,
    session.directory.readLedger().filter((entry) => entry.kind === 'wire'),
  );
});

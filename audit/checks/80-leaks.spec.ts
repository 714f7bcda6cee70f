import { check } from '../fixtures.ts';
import { judgeContractAbsent, judgeDocs, judgeErrors, judgeFiles } from '../judge/surface.ts';
import { probeLeaks } from '../probe/leaks.ts';
import { probeForcedErrors, probeStatusClasses } from '../probe/status-classes.ts';

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

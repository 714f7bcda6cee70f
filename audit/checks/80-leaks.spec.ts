import { check } from '../fixtures.ts';
import { judgeBanner, judgeContractAbsent, judgeDocs, judgeErrors, judgeFiles } from '../judge/surface.ts';
import { probeLeaks } from '../probe/leaks.ts';
import { probeForcedErrors, probeStatusClasses } from '../probe/status-classes.ts';

check('docs-absent', 'target', async (session) => judgeDocs(await session.evidence('leaks', probeLeaks)));
check('contract-absent', 'target', async (session) => judgeContractAbsent(await session.evidence('leaks', probeLeaks)));
check('files-absent', 'access', async (session) => judgeFiles(await session.evidence('leaks', probeLeaks)));
check('errors-without-internals', 'access', async (session) =>
  judgeErrors(await session.evidence('forced-errors', probeForcedErrors), await session.evidence('status-classes', probeStatusClasses)),
);
check('server-banner', 'access', async (session) => {
  const { classes } = await session.evidence('status-classes', probeStatusClasses);
  return judgeBanner(classes.map(({ exchange }) => exchange));
});

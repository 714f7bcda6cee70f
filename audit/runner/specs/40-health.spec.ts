import { check } from '../fixtures.ts';
import { judgeHealthAgrees, judgeHealthOpen, judgeHealthShape, judgeHealthTruth } from '../../checks/health/judge.ts';
import { notApplicable } from '../../model/verdict.ts';
import { health } from '../preconditions.ts';
import { probeOutage } from '../../checks/health/gather.ts';
import { probeSecrets } from '../../checks/configuration/gather.ts';

check('health-shape', 'target', async (session) => judgeHealthShape(await health(session)));
check('health-agrees', 'target', async (session) => judgeHealthAgrees(await health(session)));
check('health-open', 'target', async (session) => judgeHealthOpen(await health(session)));
check('health-truth', 'access', async (session) => {
  const { outageControl } = session.target;
  if (outageControl === undefined) {
    return notApplicable(
      'AUDIT_OUTAGE_CONTROL is not set (production has none): from outside a static health answer and a true one look alike. The rehearsal takes the database away and shows it.',
    );
  }
  // A request waits a while for a database that is away; the repository can be searched meanwhile, which asks the API nothing.
  session.evidence('secrets', probeSecrets).catch(() => {});
  return judgeHealthTruth(await session.evidence('outage', (kit) => probeOutage(kit, outageControl)));
});

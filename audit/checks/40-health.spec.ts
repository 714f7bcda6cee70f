import { check } from '../fixtures.ts';
import { judgeHealthAgrees, judgeHealthOpen, judgeHealthShape, judgeHealthTruth } from '../judge/health.ts';
import { notApplicable } from '../judge/verdict.ts';
import { health } from '../preconditions.ts';
import { probeOutage } from '../probe/health.ts';

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
  return judgeHealthTruth(await session.evidence('outage', (kit) => probeOutage(kit, outageControl)));
});

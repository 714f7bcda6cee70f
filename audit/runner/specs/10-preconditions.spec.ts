import { check } from '../fixtures.ts';
import { judgeRelease } from '../../checks/health/judge-release.ts';
import { inconclusive, notApplicable } from '../../model/verdict.ts';
import { access, identity, leftovers, release } from '../preconditions.ts';

check('target-identity', 'nothing', identity);
// It needs no target that responds: that the expected release does not is its finding.
check('release-live', 'nothing', async (session) => {
  if (!('commit' in session.contract.health.properties))
    return notApplicable("The contract's health has no commit: which release is live is not known.");
  if (session.target.release === undefined)
    return notApplicable('AUDIT_COMMIT is not set, so no release is expected. The head of the report names the live commit.');
  const evidence = await release(session);
  return evidence === undefined
    ? inconclusive('not-trusted', 'The connection to the target is not trusted, so nothing is known of its release.')
    : judgeRelease(evidence);
});
check('tenant-access', 'target', async (session) => {
  await leftovers(session);
  return access(session);
});

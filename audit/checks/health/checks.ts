import { inconclusive } from '../../model/verdict.ts';
import { check } from '../check.ts';
import { secretsEvidence } from '../secrets/gather.ts';
import { releaseEvidence } from './gather-release.ts';
import { healthEvidence, outageEvidence } from './gather.ts';
import { judgeRelease } from './judge-release.ts';
import { judgeHealthAgrees, judgeHealthOpen, judgeHealthShape, judgeHealthTruth } from './judge.ts';
import type { Check } from '../check.ts';

export const health = {
  'release-live': check({
    area: 'health',
    severity: 'high',
    adr: '0005',
    requirements: ['SC-001'],
    title: 'The expected commit is live and healthy',
    failed: 'The expected commit is not live and healthy five minutes after its deployment was created',
    why: 'An audit of the previous release says nothing about the one that was just deployed.',
    fix: 'Look at the deployment in Railway: its build, its pre-deploy command, its log and its health check.',
    sends:
      'With AUDIT_COMMIT: GET requests of health every two seconds, without credentials, until five minutes after AUDIT_DEPLOYED_AT (or after the start of the audit) at most, and for ten seconds at most where those five minutes have passed.',
    proof:
      'Health returns 200 with that commit. The check fails when it does not after the five minutes. It is inconclusive when a later release is live: a descendant in the history of the checkout, or one that replaced another commit during the wait. It is also inconclusive when health reports no commit, or when nothing responds as the health of the API. Without AUDIT_COMMIT, or without a commit in the health of the contract, the check does not apply.',
    general: 'Report the deployed commit in the health response, and compare it with the one that was deployed before anything else is tested.',
    sources: ['dockerflow', 'probes'],
    phase: 'start',
    needs: 'nothing',
    notApplicable: ({ contract, target }) => {
      if (!('commit' in contract.health.properties)) return "The contract's health has no commit, so the live release is unknown.";
      return target.release === undefined
        ? 'AUDIT_COMMIT is not set, so no release is expected. The head of the report names the live commit.'
        : undefined;
    },
    evidence: { release: releaseEvidence },
    judge: ({ release }) =>
      release === undefined
        ? inconclusive('not-trusted', 'The connection to the target is not trusted, so its release is unknown.')
        : judgeRelease(release),
  }),
  'health-shape': check({
    area: 'health',
    clock: true,
    severity: 'high',
    adr: '0005',
    requirements: ['US1.1', 'PLAN-health'],
    measure: 'Deep health, and recovery from a lost database',
    file: 'service/routes/health.ts',
    title: 'Health says ok, connected and production, in a closed shape, fresh and uncached',
    failed: 'Health is not what the contract says',
    why: 'A cached or static health answer keeps a dead service in rotation, and extra fields give it away to strangers.',
    fix: 'Return exactly status, database, environment, timestamp and commit, with Cache-Control: no-store.',
    sends: 'Two calls of health without credentials, some time apart.',
    proof:
      '200 with exactly the properties of the contract, every word for well, environment production, a time that is now and advances, and Cache-Control: no-store.',
    general: 'Answer from a closed schema built for the purpose, never from an object that happens to be there, and forbid caches to keep it.',
    sources: ['probes', 'rfc9111-no-store', 'asvs-15.3.1'],
    needs: 'target',
    evidence: { health: healthEvidence },
    judge: ({ health }) => judgeHealthShape(health),
  }),
  'health-agrees': check({
    area: 'health',
    severity: 'high',
    adr: '0005',
    requirements: ['FR-005', 'US2.1'],
    measure: 'Deep health, and recovery from a lost database',
    file: 'service/routes/health.ts',
    title: 'While health says connected, a write and a read succeed',
    failed: 'Health and the database routes contradict each other',
    why: 'A health answer that is not about the database is a lie.',
    fix: 'Let health run a query over the same pool as the routes.',
    sends: 'An object is created and read, and health is asked for right after.',
    proof:
      'Both work while health says so, the random text that was written being what is read, or neither does. A contradiction fails, whichever side is wrong; that the caller is refused tells nothing.',
    general: 'Let health use the connections that requests use, with a deadline of its own.',
    sources: ['probes'],
    needs: 'target',
    evidence: { health: healthEvidence },
    judge: ({ health }) => judgeHealthAgrees(health),
  }),
  'health-open': check({
    area: 'health',
    severity: 'medium',
    adr: '0005',
    requirements: ['ASVS'],
    measure: 'Deep health, and recovery from a lost database',
    file: 'service/routes/health.ts',
    title: 'Health and liveness are free of authentication and limits; other methods get 405',
    failed: 'Health or liveness is limited, guarded or answers other methods',
    why: "The platform's checks come often, without a token, and from few addresses.",
    fix: 'Mount both before the limiter and the token check.',
    sends:
      'Ten calls of health at once, one by HEAD, one by PROPFIND (a safe method that no contract of an API documents), and one of liveness, all without a token.',
    proof:
      'GET and HEAD answer 200, none is limited or counted, PROPFIND is rejected (a 405 names the allowed methods), and liveness says what the contract says of it and no more.',
    general: 'Mount health before authentication and limits, and answer for the methods it has.',
    sources: ['rfc9110-405', 'asvs-4.1.4', 'probes'],
    needs: 'target',
    evidence: { health: healthEvidence },
    judge: ({ health }) => judgeHealthOpen(health),
  }),
  'health-truth': check({
    area: 'health',
    severity: 'critical',
    adr: '0005',
    requirements: ['FR-005', 'US2.1', 'EC-1', 'PLAN-health'],
    measure: 'Deep health, and recovery from a lost database',
    file: 'service/routes/health.ts',
    onStageOnly: true,
    title: 'With the database taken away health says so in time, the process lives, and it recovers by itself',
    failed: 'Health does not follow the database',
    why: 'From outside a static answer and a true one look alike until the database is really gone.',
    fix: 'Give the health query a deadline, listen for errors of idle connections, and answer 503 with Retry-After.',
    sends: 'The database is stopped through AUDIT_OUTAGE_CONTROL; then health, liveness and a list are asked for until it is back, and afterwards.',
    proof:
      'Health says 503 and unhealthy within 8 seconds in its closed shape, liveness stays 200, a list gets 503 with Retry-After as problem+json; within 15 seconds of its return health and the list answer 200. Without the control the check does not apply.',
    general: 'Query the database in the readiness check under a deadline, keep liveness free of it, and survive errors of idle connections.',
    sources: ['probes', 'asvs-16.5.2', 'rfc9110-503'],
    needs: 'access',
    notApplicable: ({ target }) =>
      target.outageControl === undefined
        ? 'AUDIT_OUTAGE_CONTROL is not set. Production has none: only a stage can stop its database and observe what health reports.'
        : undefined,
    evidence: { outage: outageEvidence },
    ahead: [secretsEvidence],
    judge: ({ outage }) => judgeHealthTruth(outage),
  }),
} satisfies Record<string, Check>;

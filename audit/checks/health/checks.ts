import { inconclusive } from '../../model/verdict.ts';
import { check } from '../check.ts';
import { releaseEvidence } from './gather-release.ts';
import { healthEvidence, outageEvidence } from './gather.ts';
import { judgeRelease } from './judge-release.ts';
import { judgeClock, judgeHealthAgrees, judgeHealthOpen, judgeHealthShape, judgeHealthTruth } from './judge.ts';
import type { Check, JudgeContext } from '../check.ts';

const NO_HEALTH = 'The contract documents no health path that needs no credentials, and the config file names none.';

const common = { area: 'health', adr: '0005' } as const;
const deepHealth = {
  ...common,
  measure: 'Deep health, and recovery from a lost database',
  file: 'service/routes/health.ts',
  needs: 'target',
  notApplicable: ({ contract }: JudgeContext) => (contract.health === undefined ? NO_HEALTH : undefined),
  evidence: { health: healthEvidence },
} as const;

export const health = {
  'release-live': check({
    ...common,
    severity: 'high',
    requirements: ['SC-001'],
    title: 'The expected commit is live and healthy',
    failed: 'The expected commit is not live and healthy five minutes after its deployment was created',
    why: 'An audit of the previous release says nothing about the one that was just deployed.',
    fix: 'Look at the deployment in Railway: its build, its pre-deploy command, its log and its health check.',
    sends:
      'With AUDIT_COMMIT: GET requests of health every two seconds, without credentials, until five minutes after AUDIT_DEPLOYED_AT (or after the start of the audit) at most, and for ten seconds at most where those five minutes have passed.',
    proof:
      'Health returns 200 with that commit. The check fails when it still does not at the end of the polling. It is inconclusive when a later release is live: a descendant in the history of the checkout, or one that replaced another commit during the wait. It is also inconclusive when health reports no commit, or when nothing responds as the health of the API. Without AUDIT_COMMIT, or without a commit in the health of the contract, the check does not apply.',
    general: 'Report the deployed commit in the health response, and compare it with the one that was deployed before anything else is tested.',
    sources: ['dockerflow', 'probes'],
    phase: 'start',
    needs: 'nothing',
    notApplicable: ({ contract, target }) => {
      if (contract.health === undefined) return NO_HEALTH;
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
    ...deepHealth,
    clock: true,
    severity: 'high',
    requirements: ['US1.1', 'PLAN-health'],
    lesser: {
      'shape-differs': { severity: 'medium', failed: 'Health has other fields than the contract documents' },
      'wrong-type': { severity: 'low', failed: 'Health has another content type than application/json' },
      cacheable: { severity: 'low', failed: 'Health lacks Cache-Control: no-store' },
    },
    title: 'Health reports a healthy production API with the documented fields, a current time and no caching',
    failed: 'Health differs from the contract',
    why: 'A cached or static health response keeps a dead service in rotation, and additional fields disclose internals to anyone.',
    fix: 'Return exactly status, database, environment, timestamp and commit, with Cache-Control: no-store.',
    sends: 'Two health requests without credentials, with other requests between them.',
    proof:
      'Both return 200 as JSON with the properties of the contract (with the policy closed-health with no others), a healthy word in status, database and every other property for which the contract has one, environment production where it is documented, a documented time that is current and advances, and Cache-Control: no-store.',
    general: 'Build the response from its own closed schema instead of an existing object, and forbid caching.',
    sources: ['probes', 'rfc9111-no-store', 'asvs-15.3.1'],
    notApplicable: ({ contract: { health: documented } }) => {
      if (documented === undefined) return NO_HEALTH;
      return Object.keys(documented.properties).length === 0 ? `The contract documents no properties of GET ${documented.path}.` : undefined;
    },
    judge: ({ health }) => judgeHealthShape(health),
  }),
  'clock-agrees': check({
    ...common,
    severity: 'medium',
    requirements: ['ASVS'],
    measure: 'Bearer tokens: one key, one algorithm, an expiry',
    title: 'The clocks of the API and of this machine agree within 5 seconds',
    failed: 'The clocks of the API and of this machine differ by more than 5 seconds',
    why: 'An API whose clock is wrong accepts expired tokens or rejects valid ones. Where the clock of this machine is wrong, other checks can fail for that reason.',
    fix: 'Compare both clocks with a time server, and synchronize the one that is wrong.',
    sends: 'Nothing. The Date header of every response of the audit is inspected.',
    proof:
      'Each Date header, to which the Age of a cached response is added, is at most 5 seconds before the request or after the response. Without any Date header the check is inconclusive.',
    general: 'Synchronize the clock of the host with NTP, and let no middleware set the Date header.',
    sources: ['rfc7519-exp', 'asvs-9.2.1'],
    phase: 'judge every response',
    needs: 'target',
    evidence: {},
    judge: (_, { responses }) => judgeClock(responses()),
  }),
  'health-agrees': check({
    ...deepHealth,
    severity: 'high',
    requirements: ['FR-005', 'US2.1'],
    title: 'While health reports a connection to the database, a write and a read succeed',
    failed: 'Health and the database routes contradict each other',
    why: 'Health that does not depend on the database keeps a broken service in rotation.',
    fix: 'Run a query in health over the pool that the routes use.',
    sends: 'The audit creates an object, reads it, and then requests health.',
    proof:
      'Health reports a connection, the object is created, and reading it returns the random text that was written. The check fails when health and the routes contradict each other or neither works. A missing response is inconclusive, and so is a rejected caller while health reports a connection.',
    general: 'Check the database in health over the connections that requests use, under a separate deadline.',
    sources: ['probes'],
    needsUsers: true,
    judge: ({ health }) => judgeHealthAgrees(health),
  }),
  'health-open': check({
    ...deepHealth,
    severity: 'medium',
    requirements: ['ASVS'],
    lesser: { 'head-not-supported': { severity: 'low', failed: 'Health does not support HEAD (RFC 9110 section 9.1), which uptime monitors use' } },
    title: 'Health and liveness need no authentication and have no rate limit',
    failed: 'Health or liveness is rate limited, requires authentication or accepts undocumented methods',
    why: 'The platform checks health often, without a token and from few addresses.',
    fix: 'Mount both before the rate limiter and the token check.',
    sends:
      'Without a token: ten parallel health requests, one by HEAD, one by PROPFIND (a safe method that API contracts do not document), and one liveness request where the contract has a liveness path.',
    proof:
      'GET and HEAD return 200, a GET response has no RateLimit header, and liveness returns 200. A 405 has an Allow header. With the policy method-not-allowed PROPFIND gets 404, 405 or 501, and with closed-health liveness has exactly the fields that the contract documents.',
    general: 'Mount health before authentication and rate limits, and return 405 with Allow for other methods.',
    sources: ['rfc9110-405', 'asvs-4.1.4', 'probes'],
    judge: ({ health }) => judgeHealthOpen(health),
  }),
  'health-truth': check({
    ...deepHealth,
    severity: 'critical',
    requirements: ['FR-005', 'US2.1', 'EC-1', 'PLAN-health'],
    phase: 'disturb others',
    onStageOnly: true,
    title: 'With the database stopped, health reports the outage in time, the process survives, and the service recovers',
    failed: 'Health does not follow the database',
    why: 'A static health response and a correct one look the same until the database is stopped.',
    fix: 'Give the health query a deadline, handle errors of idle connections, and return 503 with Retry-After.',
    sends:
      'The audit stops the database through AUDIT_OUTAGE_CONTROL and polls health until it reports the outage. It requests liveness and a list, starts the database, polls health until it recovers, and requests the list again.',
    proof:
      'With the database stopped, health returns 503 within 8 seconds with unhealthy words and exactly the documented fields, liveness returns 200, and a list returns 503 as problem+json with Retry-After. After the start health returns 200 within 15 seconds, and so does the list. Without the outage control the check does not apply.',
    general: 'Query the database in the readiness check under a deadline, not in liveness, and survive errors of idle connections.',
    sources: ['probes', 'asvs-16.5.2', 'rfc9110-503'],
    needs: 'access',
    notApplicable: ({ contract, target }) => {
      if (contract.health === undefined) return NO_HEALTH;
      return target.outageControl === undefined
        ? 'AUDIT_OUTAGE_CONTROL is not set. Only a stage has an outage control, which stops its database.'
        : undefined;
    },
    evidence: { outage: outageEvidence },
    judge: ({ outage }) => judgeHealthTruth(outage),
  }),
} satisfies Record<string, Check>;

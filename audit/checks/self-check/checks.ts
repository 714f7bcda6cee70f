import { check } from '../check.ts';
import { cleanupEvidence, leftoversEvidence } from './gather-cleanup.ts';
import { artifactsEvidence, timeEvidence } from './gather.ts';
import { requestBudget } from '../../settings/config.ts';
import { judgeArtifacts, judgeCleanup, judgeTime } from './judge.ts';
import type { Check } from '../check.ts';

const common = { area: 'self-check', phase: 'end', needs: 'nothing' } as const;

export const selfCheck = {
  'artifacts-without-secrets': check({
    ...common,
    severity: 'high',
    adr: '0018',
    requirements: ['SC-002'],
    file: 'audit/gather/redactor.ts',
    title: 'The records of the audit contain no secret and no token',
    failed: 'A record of the audit contains a secret or a token',
    why: 'Reports are shared, attached and committed.',
    fix: 'This is a bug of the audit: fix its redactor. Do not share the report.',
    sends:
      'Nothing. The audit searches the ledger and the evidence of this run for every secret and token, and for any text in the format of a token.',
    proof: 'The search finds none. The audit also searches the reports before it writes them, and does not write them when it finds one.',
    general: 'Redact secrets by exact value where data enters, before it is stored.',
    sources: ['asvs-16.2.5', 'secrets-sheet'],
    evidence: { artifacts: artifactsEvidence },
    judge: ({ artifacts }) => judgeArtifacts(artifacts),
  }),
  'nothing-left-behind': check({
    ...common,
    severity: 'high',
    adr: '0023',
    requirements: ['AUDIT'],
    file: 'audit/checks/self-check/gather-cleanup.ts',
    title: 'Every object that the audit created is deleted',
    failed: 'Leftover objects of the audit exist',
    why: 'The audit runs against production in the accounts of test users, where leftover objects would accumulate.',
    fix: 'Run the audit again. It removes the leftover objects of earlier runs.',
    sends:
      'At the end the audit deletes every object that it knows it created and every listed object with its marker, and lists each collection of each tenant again. At the start it does the same for earlier runs that did not finish.',
    proof:
      'Every list returns 200 without an object of the audit. A list that fails, or objects of an earlier run that these credentials cannot delete, make the check inconclusive.',
    general: 'Record objects before you create them, so that the next run can remove what this run could not.',
    sources: [],
    phase: 'clean up',
    needs: 'target',
    needsUsers: true,
    evidence: { leftovers: leftoversEvidence, cleanup: cleanupEvidence },
    judge: ({ leftovers, cleanup }) => judgeCleanup(cleanup, leftovers),
  }),
  'time-budget': check({
    ...common,
    severity: 'low',
    adr: '0023',
    requirements: ['SC-004'],
    title: 'The audit stayed within its time and request budget',
    failed: 'The audit exceeded its time or request budget',
    why: 'Teams skip an audit that is slow.',
    fix: 'Look at the time per area in the report, and find out whether the target or the network is slow.',
    sends: 'Nothing. The audit reads the clock and counts its requests.',
    proof:
      'Time and requests are within the budget (less than 60 seconds by default). Waiting for the deployment and for the rate limit of the target does not count.',
    general: 'Gather evidence once for all checks, and send independent requests in parallel.',
    sources: [],
    evidence: { time: timeEvidence },
    judge: ({ time }, { config, contract }) => judgeTime(time, { ...config.budget, requests: requestBudget(config, contract) }),
  }),
} satisfies Record<string, Check>;

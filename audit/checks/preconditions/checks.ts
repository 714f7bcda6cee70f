import { stagedCheck } from '../check.ts';
import { releaseEvidence } from '../health/gather-release.ts';
import { warmUpEvidence } from '../health/gather.ts';
import { credentialsEvidence } from './gather-credentials.ts';
import { checkAccessFirst, checkTarget } from './preconditions.ts';
import { leftoversEvidence } from '../self-check/gather-cleanup.ts';
import { tokensEvidence } from '../tokens/gather.ts';
import { transportEvidence } from '../transport/gather.ts';
import type { Check } from '../check.ts';

export const preconditions = {
  'target-identity': stagedCheck({
    area: 'preconditions',
    severity: 'critical',
    adr: '0018',
    requirements: ['FR-007'],
    title: 'The target answers, and is the API it should be',
    failed: 'What answers is not the API',
    why: 'Everything else would be judged on answers of something else: an edge page, a parked domain, another service.',
    fix: 'Check AUDIT_API_URL, and in the platform that the deployment is running.',
    sends: 'A TLS handshake with AUDIT_API_URL, and one GET of the health path of the contract without credentials.',
    proof:
      'The certificate is trusted, and the answer is JSON with the properties the contract gives to health. An edge page, HTML, a 429 or no answer leaves the check inconclusive, and with it every check that needs the target.',
    general: 'Point the audit at the origin that really serves the API, and let its certificate name that host.',
    sources: ['asvs-12.2.2', 'api9-2023'],
    phase: 'start',
    needs: 'nothing',
    evidence: [transportEvidence, releaseEvidence, warmUpEvidence],
    conclude: checkTarget,
  }),
  'tenant-access': stagedCheck({
    area: 'preconditions',
    clock: true,
    severity: 'critical',
    adr: '0018',
    requirements: ['US2.3'],
    title: 'Valid tokens read, no token and a broken one do not',
    failed: 'The credentials do not work as they should',
    why: 'A refusal proves something only where the same request with a valid token succeeds.',
    fix: "Give the audit the deployment's own JWT_SECRET, or two tokens of test users that have not expired.",
    sends:
      "One list request with each credential. Then one object is created by its owner, and read with the owner's token, without a token, and with garbage in place of the token.",
    proof: 'The owner reads 200 and its own text; the other two get 401. Otherwise every check that needs credentials is inconclusive.',
    general:
      'Use credentials of the deployment that is audited: keys and users of another environment are refused everywhere, and would prove nothing.',
    sources: ['rfc9110-401', 'api2-2023'],
    phase: 'start',
    needs: 'target',
    evidence: [credentialsEvidence, leftoversEvidence, tokensEvidence],
    conclude: checkAccessFirst,
  }),
} satisfies Record<string, Check>;

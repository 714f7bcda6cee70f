import { stagedCheck } from '../check.ts';
import { releaseEvidence } from '../health/gather-release.ts';
import { credentialsEvidence } from './gather-credentials.ts';
import { warmUpEvidence } from './gather-warm-up.ts';
import { checkAccessFirst, checkTarget } from './preconditions.ts';
import { leftoversEvidence } from '../self-check/gather-cleanup.ts';
import { accessEvidence } from '../tokens/gather.ts';
import { varyingEvidence } from '../../gather/varying-properties.ts';
import { transportEvidence } from '../transport/gather.ts';
import type { Check } from '../check.ts';

const common = { area: 'preconditions', severity: 'critical', adr: '0018', phase: 'start' } as const;

export const preconditions = {
  'target-identity': stagedCheck({
    ...common,
    requirements: ['FR-007'],
    title: 'The target responds as the API of the contract',
    failed: 'The target does not respond as the API of the contract',
    why: 'Every other check would judge the responses of something else: an edge page, a parked domain, another service.',
    fix: 'Check AUDIT_API_URL, and check in the platform that the deployment is running.',
    sends:
      "A TLS handshake with AUDIT_API_URL, then a GET request without credentials for the contract's health path. A 503 is followed by a second one. Where health does not identify the API, GET requests without credentials for a private list and for a random path.",
    proof:
      'The certificate is trusted. The health response is JSON with at least two of the properties that the contract documents (one if it documents only one), or the private list returns a 401 with JSON and a Bearer challenge, or it returns 401 or 403 with JSON and a random path returns 404. Otherwise the check is inconclusive, and with it every check that needs the target.',
    general: 'Point the audit at the origin that serves the API, with a certificate for that host.',
    sources: ['asvs-12.2.2', 'api9-2023'],
    needs: 'nothing',
    evidence: [transportEvidence, releaseEvidence, warmUpEvidence],
    conclude: checkTarget,
  }),
  'tenant-access': stagedCheck({
    ...common,
    clock: true,
    requirements: ['US2.3'],
    title: 'The API accepts valid tokens and rejects missing and malformed ones',
    failed: 'The API rejects valid tokens, or accepts missing or malformed ones',
    why: 'A rejection proves something only where the same request with a valid token succeeds.',
    fix: "Give the audit the deployment's JWT_SECRET, or tokens of two test users of its sign-in.",
    sends:
      "One list request with each credential. Then the audit creates an object of each collection, which it reads twice to learn what varies between reads, and another one that it reads with its owner's token, without a token, and with a malformed token.",
    proof:
      'The owner gets 200 with the text of the object; the other two requests get 401 or 403. Otherwise every check that needs credentials is inconclusive.',
    general:
      'Use credentials of the audited deployment. A deployment rejects keys and users of another environment everywhere, which proves nothing.',
    sources: ['rfc9110-401', 'api2-2023'],
    needs: 'target',
    needsUsers: true,
    evidence: [credentialsEvidence, leftoversEvidence, varyingEvidence, accessEvidence],
    conclude: checkAccessFirst,
  }),
} satisfies Record<string, Check>;

import { check } from '../check.ts';
import { judgePrivateResponses, judgeSecurityHeaders } from './judge.ts';
import { statusClassesEvidence } from './gather.ts';
import type { Check } from '../check.ts';

const common = {
  area: 'headers',
  adr: '0021',
  requirements: ['ASVS'],
  measure: 'Security headers and no caching, on every status',
  file: 'service/middleware/security-headers.ts',
  phase: 'judge every response',
  needs: 'access',
  evidence: { statusClasses: statusClassesEvidence },
} as const;

export const headers = {
  'security-headers': check({
    ...common,
    severity: 'medium',
    title: 'Responses of every status have nosniff and the declared security headers',
    failed: 'A response lacks a security header, or has a weak one',
    why: 'Headers that are set only on success do not protect error responses.',
    fix: 'Set the headers in the first middleware.',
    sends: 'One request for each status that the contract documents. Every other response of the audit is inspected too.',
    proof:
      "All responses have nosniff. With the policy security-headers they also have X-Frame-Options, a referrer policy that sends no path to other sites, and a content security policy whose default-src and frame-ancestors are exactly 'none' and in which no other directive names a source. A status that could not be provoked is inconclusive.",
    general: 'Set the headers in the first middleware. An API loads no content, so its policy can forbid everything.',
    sources: ['asvs-3.4.3', 'headers-sheet'],
    judge: ({ statusClasses }, { responses }) => judgeSecurityHeaders(statusClasses, responses()),
  }),
  'private-answers': check({
    ...common,
    severity: 'high',
    title: 'Responses of every status forbid caching, have the exact content type and set no cookie',
    failed: 'A shared cache may store the response to one user',
    lesser: {
      'cookie-set': { severity: 'medium', failed: 'A response sets a cookie' },
      'wrong-type': { severity: 'medium', failed: 'A response has another content type than JSON' },
      'no-store-missing': { severity: 'low', failed: 'A response lacks Cache-Control: no-store' },
      'not-a-problem': { severity: 'low', failed: 'An error is not typed as a problem document' },
    },
    why: 'A shared cache would return the data of one user to another.',
    fix: 'Set Cache-Control: no-store on every response.',
    sends: 'One request for each status that the contract documents. Every other response of the audit is inspected too.',
    proof:
      'No response to a caller with a token permits shared caches to store it (public, s-maxage, CDN-Cache-Control or Surrogate-Control). All responses have no-store, set no cookie, and have the content type application/json or application/problem+json that fits their status. A 204, a preflight and a redirect without a body need no no-store. A status that could not be provoked is inconclusive.',
    general: 'Set no-store by default, and override it only for responses that may be cached.',
    sources: ['asvs-14.3.2', 'asvs-4.1.1', 'rfc9111-no-store'],
    judge: ({ statusClasses }, { responses }) => judgePrivateResponses(statusClasses, responses()),
  }),
} satisfies Record<string, Check>;

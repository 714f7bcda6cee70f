import { check } from '../check.ts';
import { judgePrivateResponses, judgeSecurityHeaders } from './judge.ts';
import { statusClassesEvidence } from './gather.ts';
import type { Check } from '../check.ts';

export const headers = {
  'security-headers': check({
    area: 'headers',
    severity: 'medium',
    adr: '0021',
    requirements: ['ASVS'],
    measure: 'Security headers and no caching, on every status',
    file: 'service/middleware/security-headers.ts',
    title: 'nosniff, CSP none, no framing and a private referrer policy on answers of every status',
    failed: 'A security header is missing somewhere',
    why: 'Headers that are set on success alone are missing where attackers look.',
    fix: 'Set the headers in the first middleware.',
    sends: 'One request for each status the API documents; then every other answer of the whole audit is looked at.',
    proof:
      "All of them carry nosniff, a policy whose default-src and frame-ancestors are 'none' and nothing else, and in which no other directive names a source; X-Frame-Options; and a referrer policy that tells other sites no path.",
    general: 'Set the headers once, before anything can answer. An API needs no content, so its policy can forbid all.',
    sources: ['asvs-3.4.3', 'headers-sheet'],
    phase: 'judge every response',
    needs: 'access',
    evidence: { statusClasses: statusClassesEvidence },
    judge: ({ statusClasses }, { responses }) => judgeSecurityHeaders(statusClasses, responses()),
  }),
  'private-answers': check({
    area: 'headers',
    severity: 'high',
    adr: '0021',
    requirements: ['ASVS'],
    measure: 'Security headers and no caching, on every status',
    file: 'service/middleware/security-headers.ts',
    title: 'Answers to users and of health are never stored, typed exactly, and set no cookie',
    failed: 'A private answer may be stored, is mistyped, or sets a cookie',
    why: 'A shared cache would give one user the data of another.',
    fix: 'Send Cache-Control: no-store on everything.',
    sends: 'One request for each status the API documents; then every other answer of the whole audit is looked at.',
    proof:
      'All of them say no-store, to content delivery networks too where these are told something of their own, set no cookie, and have exactly the type of JSON or of a problem.',
    general: 'Send no-store by default, and let an answer that may be cached say so itself.',
    sources: ['asvs-14.3.2', 'asvs-4.1.1', 'rfc9111-no-store'],
    phase: 'judge every response',
    needs: 'access',
    evidence: { statusClasses: statusClassesEvidence },
    judge: ({ statusClasses }, { responses }) => judgePrivateResponses(statusClasses, responses()),
  }),
} satisfies Record<string, Check>;

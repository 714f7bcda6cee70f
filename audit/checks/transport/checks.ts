import { check } from '../check.ts';
import { statusClassesEvidence } from '../headers/gather.ts';
import { judgeHsts } from '../headers/judge.ts';
import { transportEvidence } from './gather.ts';
import { judgeCertificate, judgeCiphers, judgePlainHttp, judgeTlsVersions } from './judge.ts';
import type { Check } from '../check.ts';

const common = {
  area: 'transport',
  adr: '0020',
  requirements: ['ASVS'],
  measure: 'TLS only',
  needs: 'target',
  evidence: { transport: transportEvidence },
} as const;

export const transport = {
  certificate: check({
    ...common,
    severity: 'critical',
    title: 'The certificate is trusted, names the host and is valid for at least 14 more days',
    failed: 'The certificate is not trusted, or expires within 14 days',
    why: 'Browsers reject the API, or users learn to ignore warnings.',
    fix: 'Renew the certificate. On Railway check the custom domain.',
    sends: 'One TLS handshake with the target, with its host name.',
    proof: 'The chain ends at a trusted authority or at the one in AUDIT_CA_FILE, the certificate names the host, and at least 14 days are left.',
    general: 'Let the platform or an ACME client renew certificates, and monitor the expiry from outside.',
    sources: ['asvs-12.2.2'],
    needs: 'nothing',
    judge: ({ transport }) => judgeCertificate(transport),
  }),
  'tls-versions': check({
    ...common,
    severity: 'medium',
    title: 'The server accepts TLS 1.2 or 1.3 and rejects 1.0 and 1.1',
    failed: 'The server accepts outdated TLS, or rejects current TLS',
    why: 'TLS 1.0 and 1.1 have been deprecated since RFC 8996.',
    fix: 'Set the minimum version of the edge to TLS 1.2.',
    sends: 'Four handshakes that each offer only one version: TLS 1.0, 1.1, 1.2 and 1.3.',
    proof:
      'The server accepts TLS 1.2 or 1.3 and rejects 1.0 and 1.1. The check is inconclusive when the connection for 1.0 or 1.1 fails, or when the local library does not offer one of them.',
    general: 'Set the minimum version to TLS 1.2 where TLS terminates: at the edge, load balancer or web server.',
    sources: ['asvs-12.1.1', 'rfc8996'],
    judge: ({ transport }) => judgeTlsVersions(transport),
  }),
  'tls-ciphers': check({
    ...common,
    severity: 'medium',
    title: 'The server rejects cipher suites without forward secrecy, encryption or authentication, and broken ciphers',
    failed: 'The server accepts a weak cipher suite',
    why: 'Recorded traffic can be decrypted at once, or after the key leaks.',
    fix: 'Restrict the edge to ECDHE with AEAD suites (RFC 9325 section 4.2).',
    sends:
      'TLS 1.2 handshakes that each offer only weak suites: without forward secrecy, without encryption, without authentication, or with a broken cipher.',
    proof: 'The server rejects each kind of suite that the local library can still offer. A failed connection is inconclusive.',
    general: 'Allow only ECDHE with AES-GCM or ChaCha20-Poly1305, or disable TLS 1.2.',
    sources: ['asvs-12.1.2', 'rfc9325-suites'],
    judge: ({ transport }) => judgeCiphers(transport),
  }),
  'plain-http': check({
    ...common,
    severity: 'high',
    title: 'The API does not process plain HTTP requests',
    failed: 'The API responds to plain HTTP requests',
    why: 'Anyone on the network path can read a token sent over plain HTTP.',
    fix: 'Let the edge close or redirect plain HTTP, and never route it to the service.',
    sends:
      'One plain HTTP POST request with a dummy bearer token and malformed JSON, which cannot create anything, to port 80 or to the port in AUDIT_API_URL.',
    proof:
      'There is no response, or it redirects to https on the same host by 301, 302, 307 or 308, or it has status 400, 403, 404, 421, 426 or 497 without JSON, or no HTTP status line. Any other response fails. A network failure is inconclusive.',
    general: 'Close port 80 for an API. A redirect is acceptable, but hides that a client has sent its token unencrypted.',
    sources: ['asvs-12.2.1', 'asvs-4.1.2'],
    judge: ({ transport }) => judgePlainHttp(transport),
  }),
  hsts: check({
    ...common,
    severity: 'medium',
    adr: '0021',
    measure: 'Security headers and no caching, on every status',
    file: 'service/middleware/security-headers.ts',
    title: 'Responses of every status have HSTS for at least a year',
    failed: 'A response has no HSTS, or HSTS for less than a year',
    why: 'Without HSTS a browser may send requests over plain HTTP.',
    fix: 'Set Strict-Transport-Security with a max-age of at least 31536000 in the first middleware.',
    sends: 'One request for each status that the contract documents. Every other response of the audit is inspected too.',
    proof: 'All responses have Strict-Transport-Security with a max-age of at least 31536000. A status that could not be provoked is inconclusive.',
    general: 'Set the header in the first middleware or at the edge, so that errors and redirects have it too.',
    sources: ['asvs-3.4.1', 'rfc6797'],
    phase: 'judge every response',
    needs: 'access',
    evidence: { statusClasses: statusClassesEvidence },
    judge: ({ statusClasses }, { responses }) => judgeHsts(statusClasses, responses()),
  }),
} satisfies Record<string, Check>;

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransportEvidence } from './gather.ts';
import { examine, inspection, nth, NOW } from '../../test/exchanges.ts';
import { judgeCertificate, judgeCiphers, judgePlainHttp, judgeTlsVersions } from './judge.ts';

const DAY_MS = 86_400_000;
const REDIRECT = 'HTTP/1.1 301 Moved Permanently\r\nLocation: https://api.example.com/api/v1/tasks\r\nContent-Length: 0\r\n\r\n';

function transportEvidence(): TransportEvidence {
  return {
    inspection: inspection('TLS handshakes with the target'),
    host: 'api.example.com',
    authorized: true,
    validTo: new Date(NOW + 60 * DAY_MS).toISOString(),
    keyHash: 'q83vEjRWeJA=',
    handshakes: [
      { version: 'TLSv1', accepted: false, error: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' },
      { version: 'TLSv1.1', accepted: false, error: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' },
      { version: 'TLSv1.2', accepted: true, protocol: 'TLSv1.2' },
      { version: 'TLSv1.3', accepted: true, protocol: 'TLSv1.3' },
    ],
    weak: [
      { weakness: 'no forward secrecy', tried: true, accepted: false, error: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE' },
      { weakness: 'a broken cipher', tried: false, accepted: false, error: 'no cipher match' },
    ],
    plainHttp: { port: 80, response: REDIRECT },
  };
}

examine('judgeCertificate', judgeCertificate, transportEvidence, [
  ['self-signed', (evidence) => ((evidence.authorized = false), (evidence.problem = 'DEPTH_ZERO_SELF_SIGNED_CERT')), 'fail', 'not-trusted'],
  ['for another host', (evidence) => ((evidence.authorized = false), (evidence.problem = 'ERR_TLS_CERT_ALTNAME_INVALID')), 'fail', 'not-trusted'],
  ['13 days left', (evidence) => (evidence.validTo = new Date(NOW + 14 * DAY_MS - 1).toISOString()), 'fail', 'expires-soon'],
  ['14 days left', (evidence) => (evidence.validTo = new Date(NOW + 14 * DAY_MS).toISOString()), 'pass'],
  ['expired', (evidence) => (evidence.validTo = new Date(NOW - DAY_MS).toISOString()), 'fail', 'expires-soon'],
  ['no expiry is known', (evidence) => delete evidence.validTo, 'fail', 'expires-soon'],
  [
    'no handshake',
    (evidence) => (delete evidence.keyHash, (evidence.authorized = false), (evidence.problem = 'ECONNREFUSED')),
    'inconclusive',
    'no-handshake',
  ],
  ['trusted without a handshake', (evidence) => delete evidence.keyHash, 'inconclusive', 'no-handshake'],
]);

examine('judgeTlsVersions', judgeTlsVersions, transportEvidence, [
  ['TLS 1.0 is accepted', ({ handshakes }) => (nth(handshakes).accepted = true), 'fail', 'outdated-accepted'],
  ['TLS 1.1 is accepted', ({ handshakes }) => (nth(handshakes, 1).accepted = true), 'fail', 'outdated-accepted'],
  ['only TLS 1.2', ({ handshakes }) => (nth(handshakes, 3).accepted = false), 'pass'],
  ['only TLS 1.3', ({ handshakes }) => (nth(handshakes, 2).accepted = false), 'pass'],
  ['neither TLS 1.2 nor 1.3', ({ handshakes }) => [2, 3].forEach((index) => (nth(handshakes, index).accepted = false)), 'fail', 'current-rejected'],
  [
    'the local library does not offer the version',
    ({ handshakes }) => (nth(handshakes).error = 'ERR_SSL_NO_PROTOCOLS_AVAILABLE'),
    'inconclusive',
    'not-tried',
  ],
  ['no response in time', ({ handshakes }) => (nth(handshakes, 1).error = 'no response within 8 s'), 'inconclusive', 'not-tried'],
  ['no reason is known', ({ handshakes }) => delete nth(handshakes).error, 'inconclusive', 'not-tried'],
  ...(['ECONNREFUSED', 'EAI_AGAIN', 'ENETUNREACH', 'ETIMEDOUT'] as const).map(
    (error) =>
      [
        `the network failed: ${error}`,
        ({ handshakes }: { handshakes: { error?: string }[] }) => void (nth(handshakes).error = error),
        'not pass',
      ] as const,
  ),
  ['no old version was tried', (evidence) => (evidence.handshakes = evidence.handshakes.slice(2)), 'not pass'],
  ['nothing was tried', (evidence) => (evidence.handshakes = []), 'not pass'],
]);

function rawResponse(status: number, rest = ''): string {
  return `HTTP/1.1 ${status} Whatever\r\n${rest}\r\n`;
}

examine('judgePlainHttp', judgePlainHttp, transportEvidence, [
  ['the port is closed', ({ plainHttp }) => (delete plainHttp.response, (plainHttp.error = 'ECONNREFUSED')), 'pass'],
  ['the connection is closed', ({ plainHttp }) => (delete plainHttp.response, (plainHttp.error = 'closed without a response')), 'pass'],
  ['a TLS port returns 400', ({ plainHttp }) => (plainHttp.response = rawResponse(400)), 'pass'],
  ...[301, 302, 307, 308].map(
    (status) =>
      [
        `a redirect to https by ${status}`,
        ({ plainHttp }: { plainHttp: { response?: string } }) =>
          void (plainHttp.response = rawResponse(status, 'Location: https://api.example.com/\r\n')),
        'pass',
      ] as const,
  ),
  ...[403, 421, 426, 497].map(
    (status) =>
      [
        `the edge returns ${status}`,
        ({ plainHttp }: { plainHttp: { response?: string } }) => void (plainHttp.response = rawResponse(status)),
        'pass',
      ] as const,
  ),
  [
    'a redirect by 303',
    ({ plainHttp }) => (plainHttp.response = rawResponse(303, 'Location: https://api.example.com/\r\n')),
    'fail',
    'serves-plain-http',
  ],
  ['the API processes it', ({ plainHttp }) => (plainHttp.response = rawResponse(201)), 'fail', 'serves-plain-http'],
  ['the API requires a valid token', ({ plainHttp }) => (plainHttp.response = rawResponse(401)), 'fail', 'serves-plain-http'],
  ['the API validates the body', ({ plainHttp }) => (plainHttp.response = rawResponse(422)), 'fail', 'serves-plain-http'],
  ['the limiter returns 429', ({ plainHttp }) => (plainHttp.response = rawResponse(429)), 'fail', 'serves-plain-http'],
  ['an HTML page with 200', ({ plainHttp }) => (plainHttp.response = rawResponse(200, 'Content-Type: text/html\r\n')), 'fail', 'serves-plain-http'],
  [
    'a redirect to http',
    ({ plainHttp }) => (plainHttp.response = rawResponse(301, 'Location: http://api.example.com/\r\n')),
    'fail',
    'serves-plain-http',
  ],
  [
    'a redirect to another host',
    ({ plainHttp }) => (plainHttp.response = rawResponse(301, 'Location: https://evil.example/\r\n')),
    'fail',
    'serves-plain-http',
  ],
  [
    'a redirect to a lookalike host',
    ({ plainHttp }) => (plainHttp.response = rawResponse(308, 'Location: https://api.example.com.evil.example/\r\n')),
    'fail',
    'serves-plain-http',
  ],
  ['a redirect without Location', ({ plainHttp }) => (plainHttp.response = rawResponse(301)), 'fail', 'serves-plain-http'],
  ...(['EAI_AGAIN', 'ENOTFOUND', 'ENETUNREACH'] as const).map(
    (error) =>
      [
        `the network failed: ${error}`,
        ({ plainHttp }: { plainHttp: { response?: string; error?: string } }) => (delete plainHttp.response, void (plainHttp.error = error)),
        'not pass',
      ] as const,
  ),
  ["the API's own 404", ({ plainHttp }) => (plainHttp.response = rawResponse(404, 'Content-Type: application/problem+json\r\n')), 'not pass'],
]);

examine('judgeCiphers', judgeCiphers, transportEvidence, [
  [
    'a suite without forward secrecy is accepted',
    ({ weak }) => ((nth(weak).accepted = true), (nth(weak).suite = 'AES128-SHA')),
    'fail',
    'weak-cipher',
  ],
  ['the connection failed', ({ weak }) => (nth(weak).error = 'ECONNREFUSED'), 'inconclusive', 'not-tried'],
  ['no reason was given', ({ weak }) => delete nth(weak).error, 'inconclusive', 'not-tried'],
  ['the local OpenSSL has no weak suite', ({ weak }) => (nth(weak).tried = false), 'inconclusive', 'nothing-tried'],
  ['nothing was tried', (evidence) => (evidence.weak = []), 'inconclusive', 'nothing-tried'],
]);

test('the summary of a valid certificate is the same every day', () => {
  const tomorrow = { ...transportEvidence(), validTo: new Date(NOW + 59 * DAY_MS).toISOString() };
  assert.equal(judgeCertificate(tomorrow).summary, judgeCertificate(transportEvidence()).summary);
});

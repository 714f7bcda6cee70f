import type { TransportEvidence } from './gather.ts';
import { counted } from '../../model/wording.ts';
import { conclude, type Observation, requireAttempts, type Verdict, expect, observePass, observeFailure, observeDoubt } from '../../model/verdict.ts';

/** How a TLS server rejects a handshake: with an alert, or by closing the connection. */
const REJECTED = /^(ERR_SSL_|EPROTO|ECONNRESET|EPIPE)|alert|disconnected before/;
/** Nothing serves the port: the connection is refused, reset or closed, or there is no response. */
const CLOSED = /ECONNREFUSED|ECONNRESET|EPIPE|closed without a response|no response within/;
const DAY_MS = 86_400_000;
const LEAST_DAYS = 14;

const list = new Intl.ListFormat('en');

export function judgeCertificate({ inspection, host, authorized, problem, validTo, keyHash }: TransportEvidence): Verdict {
  if (keyHash === undefined)
    return conclude(observeDoubt('no-handshake', `The TLS handshake with ${host} failed: ${problem ?? 'no reason given'}.`, inspection));
  const days = Math.floor((Date.parse(validTo ?? '') - inspection.at) / DAY_MS);
  return conclude(
    [
      expect(authorized, 'not-trusted', `The certificate is not trusted for ${host}: ${problem ?? 'no reason given'}.`, inspection),
      expect(
        days >= LEAST_DAYS,
        'expires-soon',
        Number.isNaN(days)
          ? 'The certificate states no valid expiry.'
          : `The certificate ${days < 0 ? 'has expired' : `expires in ${counted(days, 'day')}`}. At least ${LEAST_DAYS} days must be left.`,
        inspection,
      ),
    ],
    `The certificate is trusted for ${host} and valid for at least ${LEAST_DAYS} more days.`,
  );
}

export function judgeTlsVersions({ inspection, handshakes }: TransportEvidence): Verdict {
  const current = handshakes.filter(({ version }) => version === 'TLSv1.2' || version === 'TLSv1.3');
  const outdated = handshakes.filter(({ version }) => version === 'TLSv1' || version === 'TLSv1.1');
  const observations: Observation[] = [
    expect(
      current.some(({ accepted }) => accepted),
      'current-rejected',
      'The server accepts neither TLS 1.2 nor TLS 1.3.',
      inspection,
    ),
    ...requireAttempts('outdated TLS versions', outdated),
    ...outdated.map(({ version, accepted, error }) => {
      if (accepted) return observeFailure('outdated-accepted', `The server accepts ${version}.`, inspection);
      // A failed connection, or a local library that does not offer the version, is not a rejection by the target.
      if (error === undefined || !REJECTED.test(error) || /NO_PROTOCOLS_AVAILABLE|NO_CIPHER/.test(error))
        return observeDoubt('not-tried', `${version} could not be tried: ${error ?? 'no reason given'}.`, inspection);
      return observePass('outdated-rejected', inspection);
    }),
  ];
  return conclude(
    observations,
    `The server accepts ${list.format(current.filter(({ accepted }) => accepted).map(({ version }) => version))} and rejects ${list.format(outdated.map(({ version }) => version))}.`,
  );
}

export function judgeCiphers({ inspection, weak }: TransportEvidence): Verdict {
  const offered = weak.filter(({ tried }) => tried);
  return conclude(
    [
      ...requireAttempts('weak cipher suites', offered),
      ...offered.map(({ weakness, accepted, suite, error }) => {
        if (accepted) return observeFailure('weak-cipher', `The server accepts a suite with ${weakness}: ${suite ?? 'unknown'}.`, inspection);
        return error !== undefined && REJECTED.test(error)
          ? observePass('weak-rejected', inspection)
          : observeDoubt('not-tried', `Suites with ${weakness} could not be tried: ${error ?? 'no reason given'}.`, inspection);
      }),
    ],
    `The server rejects handshakes that offer only suites with ${list.format(offered.map(({ weakness }) => weakness))}.`,
  );
}

export function judgePlainHttp({ inspection, host, plainHttp: { port, response, error } }: TransportEvidence): Verdict {
  if (response === undefined && !CLOSED.test(error ?? '')) {
    return conclude(observeDoubt('not-tried', `Plain HTTP on port ${port} could not be tried: ${error ?? 'no reason given'}.`, inspection));
  }
  if (response === undefined) return conclude([observePass('closed', inspection)], `A plain HTTP request to port ${port} got no response.`);
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(response)?.[1] ?? 0);
  const result = status === 0 ? 'got a response without an HTTP status line' : `returned ${status}`;
  const location = /^location:\s*(\S+)/im.exec(response)?.[1] ?? '';
  const redirectsToHttps =
    [301, 302, 307, 308].includes(status) && URL.parse(location)?.protocol === 'https:' && URL.parse(location)?.hostname === host;
  // A TLS port returns 400 to plain HTTP, and 426 requires an upgrade: neither processes the request.
  return conclude(
    [
      expect(
        redirectsToHttps || (!/^content-type: *application\/(problem\+)?json/im.test(response) && [0, 400, 403, 404, 421, 426, 497].includes(status)),
        'serves-plain-http',
        `A plain HTTP request to port ${port} ${result}: the API can be reached without TLS.`,
        inspection,
      ),
    ],
    redirectsToHttps
      ? `A plain HTTP request to port ${port} was redirected to https on the same host.`
      : `A plain HTTP request to port ${port} ${result}${status === 0 ? '' : ' without JSON'}.`,
  );
}

import type { TransportEvidence } from './gather.ts';
import { conclude, type Observation, requireAttempts, type Verdict, expect, observePass, observeFailure, observeDoubt } from '../../model/verdict.ts';

/** How a TLS server says no: an alert, or a connection closed in the handshake. */
const REFUSES_VERSION = /^(ERR_SSL_|EPROTO|ECONNRESET|EPIPE)|alert|disconnected before/;
/** How a port says that nobody is there: refused, reset, or silence. */
const CLOSED = /ECONNREFUSED|ECONNRESET|EPIPE|closed without an answer|no answer within/;
const DAY_MS = 86_400_000;
const LEAST_DAYS = 14;

export function judgeCertificate({ inspection, host, authorized, problem, validTo, keyHash }: TransportEvidence): Verdict {
  if (keyHash === undefined)
    return conclude([observeDoubt('no-handshake', `no TLS handshake with ${host}: ${problem ?? 'no reason given'}`, inspection)], '');
  const days = Math.floor((Date.parse(validTo ?? '') - inspection.at) / DAY_MS);
  return conclude(
    [
      expect({
        holds: authorized,
        code: 'not-trusted',
        otherwise: `the certificate is not trusted for ${host}: ${problem ?? 'no reason given'}`,
        evidence: [inspection],
      }),
      expect({
        holds: days >= LEAST_DAYS,
        code: 'expires-soon',
        otherwise: `the certificate is valid for ${days} more days, ${LEAST_DAYS} are asked for`,
        evidence: [inspection],
      }),
    ],
    `The chain is trusted, the name is right and at least ${LEAST_DAYS} days are left.`,
  );
}

export function judgeTlsVersions({ inspection, handshakes }: TransportEvidence): Verdict {
  const current = handshakes.filter(({ version }) => version === 'TLSv1.2' || version === 'TLSv1.3');
  const outdated = handshakes.filter(({ version }) => version === 'TLSv1' || version === 'TLSv1.1');
  const observations: Observation[] = [
    expect({
      holds: current.some(({ accepted }) => accepted),
      code: 'current-refused',
      otherwise: 'neither TLS 1.2 nor 1.3 is accepted',
      evidence: [inspection],
    }),
    ...requireAttempts('outdated TLS', outdated),
    ...outdated.map(({ version, accepted, error }) => {
      if (accepted) return observeFailure('outdated-accepted', `${version} is accepted`, inspection);
      // Neither a failed connection nor the local library that will not try is the target refusing.
      if (error === undefined || !REFUSES_VERSION.test(error) || /NO_PROTOCOLS_AVAILABLE|NO_CIPHER/.test(error))
        return observeDoubt('not-tried', `${version} could not be tried: ${error ?? 'no reason given'}`, inspection);
      return observePass('outdated-refused', inspection);
    }),
  ];
  return conclude(
    observations,
    `${current
      .filter(({ accepted }) => accepted)
      .map(({ version }) => version)
      .join(' and ')} accepted, TLSv1 and TLSv1.1 refused.`,
  );
}

export function judgeCiphers({ inspection, weak }: TransportEvidence): Verdict {
  const offered = weak.filter(({ tried: wasTried }) => wasTried);
  return conclude(
    [
      ...requireAttempts('weak cipher suites', offered),
      ...offered.map(({ weakness, accepted, suite, error }) => {
        if (accepted) return observeFailure('weak-cipher', `a suite with ${weakness} is accepted: ${suite}`, inspection);
        return error !== undefined && REFUSES_VERSION.test(error)
          ? observePass('weak-refused', inspection)
          : observeDoubt('not-tried', `suites with ${weakness} could not be tried: ${error ?? 'no reason given'}`, inspection);
      }),
    ],
    `Refused, with nothing else on offer: suites with ${offered.map(({ weakness }) => weakness).join(', ')}.`,
  );
}

export function judgePlainHttp({ inspection, host, plainHttp: { port, response, error } }: TransportEvidence): Verdict {
  if (response === undefined && !CLOSED.test(error ?? '')) {
    return conclude([observeDoubt('not-tried', `plain http on port ${port} could not be tried: ${error ?? 'no reason given'}`, inspection)], '');
  }
  if (response === undefined) return conclude([observePass('closed', inspection)], `A plain-http POST with a dummy bearer got no answer.`);
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(response)?.[1] ?? 0);
  const location = /^location:\s*(\S+)/im.exec(response)?.[1] ?? '';
  const redirectsHome = [301, 302, 307, 308].includes(status) && URL.parse(location)?.protocol === 'https:' && URL.parse(location)?.hostname === host;
  // 400 is what a TLS port says to plain http, 426 asks for an upgrade; neither processes anything.
  return conclude(
    [
      expect({
        holds:
          redirectsHome || (!/^content-type: *application\/(problem\+)?json/im.test(response) && [0, 400, 403, 404, 421, 426, 497].includes(status)),
        code: 'answers-plain-http',
        otherwise: `a plain-http POST on port ${port} answered ${status}: the API can be reached without TLS`,
        evidence: [inspection],
      }),
    ],
    redirectsHome ? 'A plain-http POST was redirected to https on the same host.' : `A plain-http POST was refused with ${status}.`,
  );
}

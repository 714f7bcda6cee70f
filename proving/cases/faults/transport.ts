import type { Fault } from '../case.ts';

const DAY_MS = 86_400_000;
/** The sound cipher suites, which the edge offers before weak ones. */
const SOUND_SUITES = 'ECDHE+AESGCM:ECDHE+CHACHA20';

export const transport: readonly Fault[] = [
  {
    id: 'certificate-expired',
    what: 'the certificate expired a minute ago',
    caughtBy: ['certificate'],
    deployment: { certificate: { validForMs: -60_000 } },
  },
  {
    id: 'certificate-of-another-host',
    what: 'the certificate is for another host',
    caughtBy: ['certificate'],
    deployment: { certificate: { host: 'api.tasks.example' } },
  },
  {
    id: 'certificate-about-to-expire',
    variant: true,
    what: 'the certificate expires in five days and was not renewed',
    caughtBy: ['certificate'],
    deployment: { certificate: { validForMs: 5 * DAY_MS } },
  },
  {
    id: 'tls-1-0-accepted',
    what: 'the edge still accepts TLS 1.0 and 1.1',
    caughtBy: ['tls-versions'],
    deployment: { edge: { tls: { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } } },
  },
  {
    id: 'tls-1-1-accepted',
    variant: true,
    what: 'the edge still accepts TLS 1.1, but not 1.0',
    caughtBy: ['tls-versions'],
    deployment: { edge: { tls: { minVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } } },
  },
  {
    id: 'tls-without-forward-secrecy',
    what: 'the edge accepts cipher suites without forward secrecy',
    caughtBy: ['tls-ciphers'],
    deployment: { certificate: { rsa: true }, edge: { tls: { minVersion: 'TLSv1.2', ciphers: `${SOUND_SUITES}:AES128-SHA` } } },
  },
  {
    id: 'tls-without-encryption',
    variant: true,
    what: 'the edge accepts cipher suites without encryption',
    caughtBy: ['tls-ciphers'],
    deployment: { edge: { tls: { minVersion: 'TLSv1.2', ciphers: `${SOUND_SUITES}:eNULL:!aNULL:@SECLEVEL=0` } } },
  },
  {
    id: 'tls-without-authentication',
    variant: true,
    what: 'the edge accepts cipher suites without authentication',
    caughtBy: ['tls-ciphers'],
    deployment: { edge: { tls: { minVersion: 'TLSv1.2', ciphers: `${SOUND_SUITES}:aNULL:!eNULL:@SECLEVEL=0` } } },
  },
  {
    id: 'plain-http-served',
    what: 'the edge also forwards plain http',
    caughtBy: ['plain-http'],
    deployment: { edge: { plainHttp: true } },
  },
];

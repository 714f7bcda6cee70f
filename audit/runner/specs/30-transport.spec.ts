import { check } from '../fixtures.ts';
import { judgeCertificate, judgeCiphers, judgePlainHttp, judgeTlsVersions } from '../../checks/transport/judge.ts';
import { probeTransport } from '../../checks/transport/gather.ts';

check('certificate', 'nothing', async (session) => judgeCertificate(await session.evidence('transport', probeTransport)));
check('tls-versions', 'target', async (session) => judgeTlsVersions(await session.evidence('transport', probeTransport)));
check('tls-ciphers', 'target', async (session) => judgeCiphers(await session.evidence('transport', probeTransport)));
check('plain-http', 'target', async (session) => judgePlainHttp(await session.evidence('transport', probeTransport)));

import { check } from '../fixtures.ts';
import { judgeHsts, judgePrivateAnswers, judgeSecurityHeaders } from '../judge/surface.ts';
import { judgeCertificate, judgePlainHttp, judgeTlsVersions } from '../judge/transport.ts';
import { probeStatusClasses } from '../probe/status-classes.ts';
import { probeTransport } from '../probe/transport.ts';

check('certificate', 'nothing', async (session) => judgeCertificate(await session.evidence('transport', probeTransport)));
check('tls-versions', 'target', async (session) => judgeTlsVersions(await session.evidence('transport', probeTransport)));
check('plain-http', 'target', async (session) => judgePlainHttp(await session.evidence('transport', probeTransport)));
check('hsts', 'access', async (session) => judgeHsts(await session.evidence('status-classes', probeStatusClasses)));
check('security-headers', 'access', async (session) => judgeSecurityHeaders(await session.evidence('status-classes', probeStatusClasses)));
check('private-answers', 'access', async (session) => judgePrivateAnswers(await session.evidence('status-classes', probeStatusClasses)));

import { check } from '../fixtures.ts';
import { judgeAllowedOrigin, judgeBrowserControl, judgeReadableErrors, judgeRefusedOrigins, judgeRefusedWrites } from '../judge/browser-cors.ts';
import { judgeListedOrigins, judgeWirePreflight, judgeWireRefusedOrigins, judgeWireRefusedWrites } from '../judge/wire-cors.ts';
import { probeBrowserCors } from '../probe/browser-cors.ts';
import { probeWireCors } from '../probe/wire-cors.ts';

check('browser-control', 'access', async (session) => judgeBrowserControl(await session.evidence('browser-cors', probeBrowserCors)));
check('browser-allowed-origin', 'access', async (session) => judgeAllowedOrigin(await session.evidence('browser-cors', probeBrowserCors)));
check('browser-readable-errors', 'access', async (session) => judgeReadableErrors(await session.evidence('browser-cors', probeBrowserCors)));
check('browser-foreign-origin', 'access', async (session) =>
  judgeRefusedOrigins(await session.evidence('browser-cors', probeBrowserCors), 'foreign'),
);
check('browser-null-origin', 'access', async (session) => judgeRefusedOrigins(await session.evidence('browser-cors', probeBrowserCors), 'null'));
check('browser-look-alikes', 'access', async (session) =>
  judgeRefusedOrigins(await session.evidence('browser-cors', probeBrowserCors), 'look-alike'),
);
check('browser-refused-writes', 'access', async (session) => judgeRefusedWrites(await session.evidence('browser-cors', probeBrowserCors)));

check('wire-listed-origins', 'access', async (session) => judgeListedOrigins(await session.evidence('wire-cors', probeWireCors)));
check('wire-preflight', 'access', async (session) => judgeWirePreflight(await session.evidence('wire-cors', probeWireCors)));
check('wire-refused-origins', 'access', async (session) => judgeWireRefusedOrigins(await session.evidence('wire-cors', probeWireCors)));
check('wire-refused-writes', 'access', async (session) => judgeWireRefusedWrites(await session.evidence('wire-cors', probeWireCors)));

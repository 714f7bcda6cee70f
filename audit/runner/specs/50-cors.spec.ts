import { check } from '../fixtures.ts';
import { judgeAppPage, judgeAppScripts } from '../../checks/cors-browser/judge-app-page.ts';
import {
  judgeAllowedOrigin,
  judgeBrowserControl,
  judgeOtherBrowser,
  judgeReadableErrors,
  judgeRefusedOrigins,
  judgeRefusedWrites,
} from '../../checks/cors-browser/judge.ts';
import { judgeMethodOverride } from '../../checks/cors-http/judge-method-override.ts';
import { judgeListedOrigins, judgeWirePreflight, judgeWireRefusedOrigins, judgeWireRefusedWrites } from '../../checks/cors-http/judge.ts';
import { notApplicable, type Verdict } from '../../model/verdict.ts';
import { type AppPageEvidence, probeAppPage } from '../../checks/cors-browser/gather-app-page.ts';
import { probeBrowserCors, probeOtherBrowser } from '../../checks/cors-browser/gather.ts';
import { findOtherBrowser, type InstalledBrowser } from '../../gather/browser/find-browser.ts';
import { probeMethodOverride } from '../../checks/cors-http/gather-method-override.ts';
import { probeWireCors } from '../../checks/cors-http/gather.ts';
import type { Session } from '../session.ts';

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

async function otherBrowser(session: Session, engine: InstalledBrowser['engine'], missing: string): Promise<Verdict> {
  const installed = findOtherBrowser(engine, engine === 'firefox' ? session.target.firefox : undefined);
  return installed === undefined
    ? notApplicable(missing)
    : judgeOtherBrowser(await session.evidence(engine, (kit) => probeOtherBrowser(kit, installed)));
}
check('browser-firefox', 'access', (session) =>
  otherBrowser(session, 'firefox', 'There is no Firefox to ask: npx playwright install firefox, or name a stock one in AUDIT_FIREFOX.'),
);
check('browser-webkit', 'access', (session) => otherBrowser(session, 'webkit', 'There is no WebKit to ask: npx playwright install webkit.'));

check('wire-listed-origins', 'access', async (session) => judgeListedOrigins(await session.evidence('wire-cors', probeWireCors)));
check('wire-preflight', 'access', async (session) => judgeWirePreflight(await session.evidence('wire-cors', probeWireCors)));
check('wire-refused-origins', 'access', async (session) => judgeWireRefusedOrigins(await session.evidence('wire-cors', probeWireCors)));
check('wire-refused-writes', 'access', async (session) => judgeWireRefusedWrites(await session.evidence('wire-cors', probeWireCors)));
check('method-override', 'access', async (session) => judgeMethodOverride(await session.evidence('method-override', probeMethodOverride)));

const STAND_IN = 'AUDIT_APP_PAGE is not live: a stand-in served at the same origin shows what the API does.';
async function appPage(session: Session, judge: (evidence: AppPageEvidence) => Verdict): Promise<Verdict> {
  const { appPage: live } = session.target;
  return live === undefined ? notApplicable(STAND_IN) : judge(await session.evidence('app-page', (kit) => probeAppPage(kit, live.bypass)));
}
check('app-page', 'access', (session) => appPage(session, judgeAppPage));
check('app-scripts', 'access', (session) => appPage(session, judgeAppScripts));

import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, firefox, type Page, type Request, webkit } from '@playwright/test';
import type { BrowserExchange } from '../../model/exchange.ts';
import type { InstalledBrowser } from './find-browser.ts';
import { bare } from '../http-client.ts';
import type { Ledger } from '../ledger.ts';
import { PERMISSIVE_ORIGIN } from '../../model/permissive-host.ts';
import { startOriginServer } from './origin-server.ts';
import {
  type Decision,
  fetchInPage,
  type LaunchOptions,
  type PageBrowser,
  placeOf,
  SETTLE_MS,
  shareContexts,
  NO_EXIT_ON_SIGINT,
  type WatchedPage,
} from './page.ts';
import { type Exit, startTunnel } from './connect-proxy.ts';

type Reported = { status?: number; failure?: string; byEdge?: boolean };

/**
 * Firefox or WebKit. Neither takes host rules or trusted keys, so both use a tunnel that reaches only the pages and the API. They do not
 * verify certificates; Node and Chromium do.
 */
export async function launchOtherBrowser(
  { engine, executablePath, channel }: InstalledBrowser,
  options: LaunchOptions,
  ledger: Ledger,
): Promise<PageBrowser> {
  const pages = await startOriginServer();
  const authorityOf = (url: string): Exit => ({ host: new URL(url).hostname, port: Number(new URL(url).port || 443) });
  const known = ({ host, port }: Exit): string => `${host}:${port}`;
  const api = authorityOf(options.apiUrl);
  const local = [...options.origins, PERMISSIVE_ORIGIN].map(
    (origin) => [known(authorityOf(origin)), { host: '127.0.0.1', port: pages.port }] as const,
  );
  const tunnel = await startTunnel(new Map([[known(api), { ...api, host: bare(api.host) }], ...local]));
  const close = async (): Promise<void> => {
    await tunnel.close();
    await pages.close();
  };
  let browser: Browser;
  try {
    browser = await (engine === 'firefox'
      ? firefox.launch({
          executablePath,
          ...(channel !== undefined && { channel }),
          firefoxUserPrefs: throughTunnel(tunnel.port),
          ...NO_EXIT_ON_SIGINT,
        })
      : webkit.launch({ executablePath, proxy: { server: `http://127.0.0.1:${tunnel.port}` }, ...NO_EXIT_ON_SIGINT }));
  } catch (error) {
    await close();
    throw error;
  }

  const version = `${engine === 'firefox' ? 'Firefox' : 'WebKit'} ${browser.version()}`;

  const contextFor = shareContexts(() =>
    browser.newContext({ ignoreHTTPSErrors: true }).catch((error: Error) => {
      throw new Error(`Playwright cannot control ${version}; install a newer version: ${error.message}`);
    }),
  );
  return {
    engine,
    version,
    async fetchFrom(place, requests) {
      const { address, expectedOrigin } = placeOf(place);
      const page = await (await contextFor(expectedOrigin)).newPage();
      const opened = watched(page, expectedOrigin);
      await page.goto(address);
      return Promise.all(requests.map((request) => fetchInPage(opened, request, options, ledger)));
    },
    preflightsSeenByControl: pages.preflightsSeen,
    async close() {
      await browser.close();
      await close();
    },
  };
}

/**
 * Preferences, because Playwright's proxy setting excludes loopback addresses in Firefox. Firefox also resolves names for its own
 * services, and connects directly where the tunnel rejects them.
 */
export function throughTunnel(port: number): Record<string, string | number | boolean> {
  return {
    'network.proxy.type': 1,
    'network.proxy.http': '127.0.0.1',
    'network.proxy.http_port': port,
    'network.proxy.ssl': '127.0.0.1',
    'network.proxy.ssl_port': port,
    'network.proxy.allow_hijacking_localhost': true,
    'network.proxy.no_proxies_on': '',
    'network.proxy.allow_bypass': false,
    'network.proxy.failover_direct': false,
    'network.dns.disabled': true,
    'media.peerconnection.enabled': false,
  };
}

/** Follows the requests of a page by what the browser reports about each, by method and URL; waits up to `SETTLE_MS` for it. */
function watched(page: Page, expectedOrigin: string): WatchedPage {
  const reported = new Map<string, Reported>();
  const add = (request: Request, more: Reported): void => {
    const key = `${request.method()} ${request.url()}`;
    reported.set(key, { ...reported.get(key), ...more });
  };
  page.on('response', (response) =>
    add(response.request(), { status: response.status(), byEdge: response.headers()['x-railway-fallback'] !== undefined }),
  );
  page.on('requestfailed', (request) => add(request, { failure: request.failure()?.errorText ?? 'no reason given' }));
  return {
    page,
    expectedOrigin,
    watch:
      ({ method, url }, isPreflighted) =>
      async (read) => {
        const deadline = Date.now() + SETTLE_MS;
        while (!reported.has(`${method} ${url}`) && Date.now() < deadline) await sleep(10);
        return decisionOf(reported.get(`${method} ${url}`) ?? {}, read, isPreflighted);
      },
  };
}

function decisionOf({ status, failure, byEdge }: Reported, read: BrowserExchange['read'], isPreflighted: boolean): Decision {
  const blockedBecause = failure ?? (read === undefined && status !== undefined ? 'AnswerWithheld' : undefined);
  return {
    ...(blockedBecause !== undefined && { blockedBecause }),
    ...(status !== undefined && { status }),
    // Playwright does not report it here; the permissive host counts the preflights of this browser.
    ...(isPreflighted && { preflight: {} }),
    edgeResponded: byEdge === true,
    requestLeft: read !== undefined || status !== undefined,
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, firefox, type Page, type Request, webkit } from '@playwright/test';
import type { BrowserExchange } from '../../model/exchange.ts';
import type { InstalledBrowser } from './find-browser.ts';
import type { Ledger } from '../ledger.ts';
import { PERMISSIVE_ORIGIN } from '../../model/permissive-host.ts';
import { startOriginServer } from './origin-server.ts';
import {
  type LaunchOptions,
  type PageBrowser,
  type PageOrigin,
  placeOf,
  prepare,
  runFetch,
  type ScriptedFetch,
  SETTLE_MS,
  shareContexts,
} from './page.ts';
import { type Exit, startTunnel } from './connect-proxy.ts';

type Told = { status?: number; failure?: string; byEdge?: boolean };

/**
 * Firefox or WebKit. Neither can be told where a name lives, nor which key to trust, so both go through a tunnel that leads
 * to the pages and to the API alone, and certificates are left to Node and Chromium, which verify them.
 * The API is the only address outside that can be reached.
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
  const tunnel = await startTunnel(new Map([[known(api), { ...api, host: api.host.replace(/^\[|\]$/g, '') }], ...local]));
  const close = async (): Promise<void> => {
    await tunnel.close();
    await pages.close();
  };
  let browser: Browser;
  try {
    browser = await (engine === 'firefox'
      ? firefox.launch({ executablePath, ...(channel !== undefined && { channel }), firefoxUserPrefs: throughTunnel(tunnel.port) })
      : webkit.launch({ executablePath, proxy: { server: `http://127.0.0.1:${tunnel.port}` } }));
  } catch (error) {
    await close();
    throw error;
  }

  const version = `${engine === 'firefox' ? 'Firefox' : 'WebKit'} ${browser.version()}`;

  const contextFor = shareContexts(() =>
    browser.newContext({ ignoreHTTPSErrors: true }).catch((error: Error) => {
      throw new Error(`Playwright cannot drive ${version}, so give it a newer one: ${error.message}`);
    }),
  );
  async function fetchFrom(place: PageOrigin, requests: readonly ScriptedFetch[]): Promise<BrowserExchange[]> {
    const { address, wantedOrigin } = placeOf(place);
    const page = await (await contextFor(wantedOrigin)).newPage();
    const told = listen(page);
    await page.goto(address);
    return Promise.all(
      requests.map(async (request) => {
        const { sent, asks, script, record } = prepare(request, options);
        const at = Date.now();
        const pageOrigin = await page.evaluate<string>('self.origin');
        const read = await page.evaluate(runFetch, script);
        record(read);
        const { status, failure, byEdge } = await told(sent.method, sent.url);
        const refusedBecause = failure ?? (read === undefined && status !== undefined ? 'AnswerWithheld' : undefined);
        return ledger.browser({
          evidence: options.evidenceName(),
          actor: request.actor,
          purpose: request.purpose,
          wantedOrigin,
          pageOrigin,
          request: sent,
          ...(read && { read }),
          ...(refusedBecause !== undefined && { refusedBecause }),
          ...(status !== undefined && { status }),
          // Playwright does not tell of it here; that this browser asks is shown by the permissive host.
          ...(asks && { preflight: {} }),
          edgeAnswered: byEdge === true,
          requestLeft: read !== undefined || status !== undefined,
          at,
          ms: Date.now() - at,
        });
      }),
    );
  }

  return {
    engine,
    version,
    fetchFrom,
    preflightsSeenByControl: pages.preflightsSeen,
    async close() {
      await browser.close();
      await close();
    },
  };
}

/**
 * Preferences, because the proxy setting of Playwright spares loopback addresses in Firefox. Firefox also resolves names for
 * services of its own, and connects directly where the tunnel rejects those.
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

/** What the browser tells of each request, by method and URL; waits a while for what it has not told yet. */
function listen(page: Page): (method: string, url: string) => Promise<Told> {
  const told = new Map<string, Told>();
  const tell = (request: Request, more: Told): void => {
    const key = `${request.method()} ${request.url()}`;
    told.set(key, { ...told.get(key), ...more });
  };
  page.on('response', (response) =>
    tell(response.request(), { status: response.status(), byEdge: response.headers()['x-railway-fallback'] !== undefined }),
  );
  page.on('requestfailed', (request) => tell(request, { failure: request.failure()?.errorText ?? 'no reason given' }));
  return async (method, url) => {
    const deadline = Date.now() + SETTLE_MS;
    while (!told.has(`${method} ${url}`) && Date.now() < deadline) await sleep(10);
    return told.get(`${method} ${url}`) ?? {};
  };
}

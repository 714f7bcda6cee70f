import { setTimeout as sleep } from 'node:timers/promises';
import { type BrowserContext, type CDPSession, chromium, type Page } from '@playwright/test';
import type { BrowserExchange } from '../../model/exchange.ts';
import { PERMISSIVE_ORIGIN } from '../../model/permissive-host.ts';
import type { Ledger } from '../ledger.ts';
import { type OriginServer, startOriginServer } from './origin-server.ts';
import {
  type Decision,
  fetchInPage,
  type LaunchOptions,
  type PageBrowser,
  type PageOrigin,
  placeOf,
  type ScriptedFetch,
  SETTLE_MS,
  shareContexts,
  NO_EXIT_ON_SIGINT,
  type WatchedPage,
} from './page.ts';

/** Chromium, which can also open the app's live page. */
export type AuditBrowser = PageBrowser & {
  /** Opens pages before they are needed. Each serves one call of `fetchFrom`. */
  openAhead(places: readonly PageOrigin[]): void;
  /**
   * Opens a live page and lets its script make these fetches, under the page's own policy. No origin may be mapped to the local server.
   * @throws when there is no response
   */
  visit(address: string, origin: string, requests: readonly ScriptedFetch[]): Promise<Visit>;
};

/** The status of a page, what its script could read, and every script that it loaded. */
export type Visit = { status: number; fetches: BrowserExchange[]; scripts: LoadedFile[] };
type LoadedFile = { url: string; text: string };

type Options = LaunchOptions & {
  executablePath: string;
  /** Hashes of the keys of certificates from a private authority, which Node has verified. */
  trustedKeyHashes: readonly string[];
  /** Origins that another server serves, and the address of that server. */
  servedAt: readonly (readonly [origin: string, url: string])[];
  /** The only address besides the pages that can be reached; undefined where every name resolves as usual. */
  onlyUrl: string | undefined;
};

const VISIT_MS = 20_000;
/** Resource types that can publish a secret: scripts often fetch settings. */
const TEXT_TYPES = ['document', 'script', 'fetch', 'xhr', 'manifest', 'stylesheet'];

/**
 * A real Chromium in which the given origins lead to a local server. No request is intercepted, because Playwright would respond to every
 * preflight itself. Certificates are trusted by the hash of their key only, so all others are still verified.
 */
export async function launchBrowser(options: Options, ledger: Ledger): Promise<AuditBrowser> {
  const pages = await startOriginServer();
  const launched = chromium.launch({ executablePath: options.executablePath, args: argumentsFor(options, pages), ...NO_EXIT_ON_SIGINT });
  // Without a browser the server of its pages would keep the process alive.
  launched.catch(() => pages.close());
  const browser = await launched;
  const { product } = await (await browser.newBrowserCDPSession()).send('Browser.getVersion');
  const contextFor = shareContexts(() => browser.newContext());
  const openedAhead = new Map<string, Promise<WatchedPage>[]>();

  async function open(place: PageOrigin): Promise<WatchedPage> {
    const { address, expectedOrigin } = placeOf(place);
    const context = await contextFor(expectedOrigin);
    const page = await context.newPage();
    await page.goto(address);
    return watched(context, page, expectedOrigin);
  }

  return {
    engine: 'chromium',
    version: `Chromium ${browser.version()}${product.startsWith('Headless') ? ' (headless shell)' : ''}`,
    openAhead(places) {
      for (const place of places) {
        const opened = open(place);
        // The call of `fetchFrom` that uses the page gets the error.
        opened.catch(() => {});
        const { address } = placeOf(place);
        openedAhead.set(address, [...(openedAhead.get(address) ?? []), opened]);
      }
    },
    async fetchFrom(place, requests) {
      const opened = await (openedAhead.get(placeOf(place).address)?.shift() ?? open(place));
      return Promise.all(requests.map((request) => fetchInPage(opened, request, options, ledger)));
    },
    async visit(address, origin, requests) {
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        const files = collectFiles(page, origin);
        const response = await page.goto(address, { waitUntil: 'load', timeout: VISIT_MS });
        const opened = await watched(context, page, origin);
        const fetches: BrowserExchange[] = [];
        for (const request of requests) fetches.push(await fetchInPage(opened, request, options, ledger));
        return { status: response?.status() ?? 0, fetches, scripts: await Promise.all(files) };
      } finally {
        await context.close();
      }
    },
    preflightsSeenByControl: pages.preflightsSeen,
    async close() {
      await browser.close();
      await pages.close();
    },
  };
}

function argumentsFor({ origins, servedAt, onlyUrl, trustedKeyHashes }: Options, pages: OriginServer): string[] {
  const rules = [...new Set([...origins, PERMISSIVE_ORIGIN])].map((origin) => `MAP ${authorityOf(origin)} 127.0.0.1:${pages.port}`);
  rules.push(...servedAt.map(([origin, url]) => `MAP ${authorityOf(origin)} ${authorityOf(url)}`));
  if (onlyUrl !== undefined) {
    const authority = authorityOf(onlyUrl);
    // The first matching rule applies, so nothing but the pages and this address resolves.
    rules.push(`MAP ${authority} ${authority}`, 'MAP * ~NOTFOUND');
  }
  return [
    // With a proxy Chromium ignores the rules below, and would load the pages of lookalike origins from the Internet.
    '--no-proxy-server',
    `--host-resolver-rules=${rules.join(', ')}`,
    `--ignore-certificate-errors-spki-list=${[pages.keyHash, ...trustedKeyHashes].join(',')}`,
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    // Chromium does not start as root with its sandbox; containers and CI often run as root.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
}

function authorityOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 443}`;
}

/** Follows the requests of a page in the DevTools protocol. */
async function watched(context: BrowserContext, page: Page, expectedOrigin: string): Promise<WatchedPage> {
  const session = await context.newCDPSession(page);
  await Promise.all([session.send('Network.enable'), session.send('Audits.enable')]);
  return { page, expectedOrigin, watch: ({ url }, isPreflighted) => watch(session, url, isPreflighted) };
}

/** The text files that the page loads from its origin, and all scripts; without text where a file cannot be read. */
function collectFiles(page: Page, origin: string): Promise<LoadedFile>[] {
  const files: Promise<LoadedFile>[] = [];
  page.on('response', (response) => {
    const isOwn = URL.parse(response.url())?.origin === origin;
    if (!(isOwn ? TEXT_TYPES : ['script']).includes(response.request().resourceType())) return;
    const url = response.url().replace(/\?.*$/, '');
    files.push(
      response.text().then(
        (text) => ({ url, text }),
        () => ({ url, text: '' }),
      ),
    );
  });
  return files;
}

/** What the DevTools events of one URL have reported so far. */
type Events = {
  requestId?: string;
  preflightId?: string;
  blockedBecause?: string;
  isCorsError: boolean;
  sent: Set<string>;
  statuses: Map<string, number>;
  byEdge: Set<string>;
};

/** Follows one URL in the DevTools events. The returned function waits until the browser has decided. */
function watch(session: CDPSession, url: string, isPreflighted: boolean): (read: BrowserExchange['read']) => Promise<Decision> {
  const events = recordEvents(session, url);
  return async (read) => {
    const deadline = Date.now() + SETTLE_MS;
    while (!isDecided(events, read === undefined, isPreflighted) && Date.now() < deadline) await sleep(10);
    return decisionOf(events);
  };
}

function recordEvents(session: CDPSession, url: string): Events {
  const events: Events = { isCorsError: false, sent: new Set(), statuses: new Map(), byEdge: new Set() };
  session.on('Network.requestWillBeSent', ({ request, initiator, requestId }) => {
    if (request.url !== url) return;
    if (initiator.type === 'preflight') events.preflightId = requestId;
    else events.requestId ??= requestId;
  });
  session.on('Network.requestWillBeSentExtraInfo', ({ requestId }) => events.sent.add(requestId));
  // Raw headers, reported also for responses that the page may not read.
  session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode, headers }) => {
    events.statuses.set(requestId, statusCode);
    if (Object.keys(headers).some((name) => name.toLowerCase() === 'x-railway-fallback')) events.byEdge.add(requestId);
  });
  session.on('Network.loadingFailed', ({ requestId, corsErrorStatus, blockedReason, errorText }) => {
    if (requestId !== events.requestId) return;
    events.blockedBecause = corsErrorStatus?.corsError ?? blockedReason ?? errorText;
    events.isCorsError = corsErrorStatus !== undefined;
  });
  // A fetch that the page's own policy forbids never becomes a request.
  session.on('Audits.issueAdded', ({ issue: { details } }) => {
    const { blockedURL, violatedDirective, isReportOnly } = details.contentSecurityPolicyIssueDetails ?? { isReportOnly: true };
    if (blockedURL === url && !isReportOnly) events.blockedBecause ??= `csp ${violatedDirective}`;
  });
  return events;
}

/** The browser decides about a response, which another process reports and may report later. */
function isDecided({ requestId, preflightId, blockedBecause, isCorsError, statuses }: Events, isBlocked: boolean, isPreflighted: boolean): boolean {
  const hasStatus = (id: string | undefined): boolean => statuses.has(id ?? '');
  if (!isBlocked) return hasStatus(requestId) && (!isPreflighted || hasStatus(preflightId));
  if (blockedBecause === undefined) return false;
  return !isCorsError || hasStatus(blockedBecause.includes('Preflight') ? preflightId : requestId);
}

function decisionOf({ requestId = '', preflightId, blockedBecause, sent, statuses, byEdge }: Events): Decision {
  const status = statuses.get(requestId);
  const preflightStatus = statuses.get(preflightId ?? '');
  return {
    requestLeft: sent.has(requestId),
    edgeResponded: byEdge.has(requestId) || byEdge.has(preflightId ?? ''),
    ...(status !== undefined && { status }),
    ...(preflightId !== undefined && { preflight: preflightStatus === undefined ? {} : { status: preflightStatus } }),
    ...(blockedBecause !== undefined && { blockedBecause }),
  };
}

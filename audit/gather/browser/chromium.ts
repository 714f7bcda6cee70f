import { setTimeout as sleep } from 'node:timers/promises';
import { type BrowserContext, type CDPSession, chromium, type Page } from '@playwright/test';
import type { BrowserExchange } from '../../model/exchange.ts';
import type { Ledger } from '../ledger.ts';
import { PERMISSIVE_ORIGIN, startOriginServer } from './origin-server.ts';
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

/** Chromium, which can open the app's real page as well. */
export type AuditBrowser = PageBrowser & {
  /** Opens pages that will be asked for, while there is time: each waits for one call of `fetchFrom`. */
  openAhead(places: readonly PageOrigin[]): void;
  /**
   * Really opens a page and lets its script make these fetches, under whatever policy the page has. No origin may be mapped
   * to the local server for that. @throws when there is no answer
   */
  visit(address: string, origin: string, requests: readonly ScriptedFetch[]): Promise<Visit>;
};

/** What came of opening a page: its status, what its script could do, and every script it loaded. */
export type Visit = { status: number; fetches: BrowserExchange[]; scripts: { url: string; text: string }[] };

type Options = LaunchOptions & {
  executablePath: string;
  /** Keys of a private authority's certificates, which Node has verified. */
  trustedKeyHashes: readonly string[];
  /** The only address beside the pages that can be reached; undefined where every name resolves as usual. */
  onlyUrl: string | undefined;
};
type OpenPage = { page: Page; session: CDPSession };
type Ruling = Pick<BrowserExchange, 'refusedBecause' | 'preflight' | 'requestLeft' | 'status' | 'edgeAnswered'>;

const VISIT_MS = 20_000;
/** What a page may publish a secret in: settings are often fetched by its scripts. */
const TEXTS = ['document', 'script', 'fetch', 'xhr', 'manifest', 'stylesheet'];

/**
 * A real Chromium in which the given origins live on a local server. No request is intercepted (Playwright would answer
 * every preflight itself); certificates are trusted by the hash of their key alone, so all others are still verified.
 */
export async function launchBrowser(options: Options, ledger: Ledger): Promise<AuditBrowser> {
  const pages = await startOriginServer();
  const rules = [...new Set([...options.origins, PERMISSIVE_ORIGIN])].map((origin) => `MAP ${authorityOf(origin)} 127.0.0.1:${pages.port}`);
  if (options.onlyUrl !== undefined) {
    const authority = authorityOf(options.onlyUrl);
    // The first rule that matches counts, so nothing but the pages and this address resolves.
    rules.push(`MAP ${authority} ${authority}`, 'MAP * ~NOTFOUND');
  }
  const launched = chromium.launch({
    executablePath: options.executablePath,
    args: [
      // With a proxy Chromium ignores the rules below, and would fetch the pages of look-alike names from the Internet.
      '--no-proxy-server',
      `--host-resolver-rules=${rules.join(', ')}`,
      `--ignore-certificate-errors-spki-list=${[pages.keyHash, ...options.trustedKeyHashes].join(',')}`,
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      // Chromium refuses to start as root with its sandbox; containers and CI often run as root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  });
  // Without a browser its pages have no use, and their server would keep the process alive.
  launched.catch(() => pages.close());
  const browser = await launched;

  async function fetchOne(page: Page, session: CDPSession, wantedOrigin: string, request: ScriptedFetch): Promise<BrowserExchange> {
    const { sent, asks, script, record } = prepare(request, options);
    const at = Date.now();
    const pageOrigin = await page.evaluate<string>('self.origin');
    const ruling = watch(session, request.url, asks);
    const read = await page.evaluate(runFetch, script);
    record(read);
    const seen = { pageOrigin, ...(await ruling(read === undefined)), ...(read && { read }) };
    return ledger.browser({
      evidence: options.evidenceName(),
      actor: request.actor,
      purpose: request.purpose,
      wantedOrigin,
      request: sent,
      ...seen,
      at,
      ms: Date.now() - at,
    });
  }

  const contextFor = shareContexts(() => browser.newContext());
  async function open(place: PageOrigin): Promise<OpenPage> {
    const { address, wantedOrigin } = placeOf(place);
    const context = await contextFor(wantedOrigin);
    const page = await context.newPage();
    await page.goto(address);
    return { page, session: await openDevTools(context, page) };
  }

  const openedAhead = new Map<string, Promise<OpenPage>[]>();
  function openAhead(places: readonly PageOrigin[]): void {
    for (const place of places) {
      const opened = open(place);
      // Whoever asks for the page is told why there is none.
      opened.catch(() => {});
      const { address } = placeOf(place);
      openedAhead.set(address, [...(openedAhead.get(address) ?? []), opened]);
    }
  }

  async function fetchFrom(place: PageOrigin, requests: readonly ScriptedFetch[]): Promise<BrowserExchange[]> {
    const { address, wantedOrigin } = placeOf(place);
    const { page, session } = await (openedAhead.get(address)?.shift() ?? open(place));
    return Promise.all(requests.map((request) => fetchOne(page, session, wantedOrigin, request)));
  }

  async function visit(address: string, origin: string, requests: readonly ScriptedFetch[]): Promise<Visit> {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const loading: Promise<{ url: string; text: string }>[] = [];
      page.on('response', (response) => {
        const isOwn = URL.parse(response.url())?.origin === origin;
        if (!(isOwn ? TEXTS : ['script']).includes(response.request().resourceType())) return;
        const url = response.url().replace(/\?.*$/, '');
        loading.push(
          response.text().then(
            (text) => ({ url, text }),
            () => ({ url, text: '' }),
          ),
        );
      });
      const response = await page.goto(address, { waitUntil: 'load', timeout: VISIT_MS });
      const session = await openDevTools(context, page);
      const fetches: BrowserExchange[] = [];
      for (const request of requests) fetches.push(await fetchOne(page, session, origin, request));
      return { status: response?.status() ?? 0, fetches, scripts: await Promise.all(loading) };
    } finally {
      await context.close();
    }
  }

  return {
    engine: 'chromium',
    version: `Chromium ${browser.version()}`,
    openAhead,
    fetchFrom,
    visit,
    preflightsSeenByControl: pages.preflightsSeen,
    async close() {
      await browser.close();
      await pages.close();
    },
  };
}

function authorityOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 443}`;
}

async function openDevTools(context: BrowserContext, page: Page): Promise<CDPSession> {
  const session = await context.newCDPSession(page);
  await Promise.all([session.send('Network.enable'), session.send('Audits.enable')]);
  return session;
}

/** Follows one URL through DevTools' network events; the answer waits until the browser has ruled. */
function watch(session: CDPSession, url: string, preflighted: boolean): (refused: boolean) => Promise<Ruling> {
  let requestId: string | undefined;
  let preflightId: string | undefined;
  let refusedBecause: string | undefined;
  let refusedByCors = false;
  const left = new Set<string>();
  const statuses = new Map<string, number>();
  const byEdge = new Set<string>();

  session.on('Network.requestWillBeSent', (event) => {
    if (event.request.url !== url) return;
    if (event.initiator.type === 'preflight') preflightId = event.requestId;
    else requestId ??= event.requestId;
  });
  session.on('Network.requestWillBeSentExtraInfo', (event) => left.add(event.requestId));
  // Raw headers: given also for answers the page may not read.
  session.on('Network.responseReceivedExtraInfo', ({ requestId: id, statusCode, headers }) => {
    statuses.set(id, statusCode);
    if (Object.keys(headers).some((name) => name.toLowerCase() === 'x-railway-fallback')) byEdge.add(id);
  });
  session.on('Network.loadingFailed', (event) => {
    if (event.requestId !== requestId) return;
    refusedBecause = event.corsErrorStatus?.corsError ?? event.blockedReason ?? event.errorText;
    refusedByCors = event.corsErrorStatus !== undefined;
  });
  // What the page's own policy forbids never becomes a request.
  session.on('Audits.issueAdded', ({ issue: { details } }) => {
    const { blockedURL, violatedDirective, isReportOnly } = details.contentSecurityPolicyIssueDetails ?? { isReportOnly: true };
    if (blockedURL === url && !isReportOnly) refusedBecause ??= `csp ${violatedDirective}`;
  });
  const isAnswered = (id: string | undefined): boolean => statuses.has(id ?? '');
  /** A ruling is about an answer: what was on the http is told by another process, and may be told later. */
  const isSettled = (refused: boolean): boolean =>
    refused
      ? refusedBecause !== undefined && (!refusedByCors || isAnswered(refusedBecause.includes('Preflight') ? preflightId : requestId))
      : isAnswered(requestId) && (!preflighted || isAnswered(preflightId));

  return async (refused) => {
    const deadline = Date.now() + SETTLE_MS;
    while (!isSettled(refused) && Date.now() < deadline) await sleep(10);
    const status = statuses.get(requestId ?? '');
    const preflightStatus = statuses.get(preflightId ?? '');
    return {
      requestLeft: left.has(requestId ?? ''),
      edgeAnswered: byEdge.has(requestId ?? '') || byEdge.has(preflightId ?? ''),
      ...(status !== undefined && { status }),
      ...(preflightId !== undefined && { preflight: preflightStatus === undefined ? {} : { status: preflightStatus } }),
      ...(refusedBecause !== undefined && { refusedBecause }),
    };
  };
}

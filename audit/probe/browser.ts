import { setTimeout as sleep } from 'node:timers/promises';
import { type CDPSession, chromium, type Page } from '@playwright/test';
import type { Actor, BrowserExchange, SentRequest } from '../exchange.ts';
import type { Ledger } from './ledger.ts';
import { PERMISSIVE_ORIGIN, startOriginServer } from './origin-server.ts';

export type PageOrigin = { origin: string; opaque?: boolean };

export type ScriptedFetch = {
  actor: Actor;
  purpose: string;
  method: string;
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
};

export type AuditBrowser = {
  version: string;
  /**
   * Lets the script of one page at that origin make these fetches at once. The context is fresh, and each URL must stand
   * once: a permissive preflight is cached by origin and URL.
   */
  fetchFrom(page: PageOrigin, requests: readonly ScriptedFetch[]): Promise<BrowserExchange[]>;
  /**
   * Really opens a page and lets its script make these fetches, under whatever policy the page has. No origin may be mapped
   * to the local server for that. @throws when there is no answer
   */
  visit(address: string, origin: string, requests: readonly ScriptedFetch[]): Promise<Visit>;
  preflightsSeenByControl(): number;
  close(): Promise<void>;
};

/** What came of opening a page: its status, what its script could do, and every script it loaded. */
export type Visit = { status: number; fetches: BrowserExchange[]; scripts: { url: string; text: string }[] };

type Options = {
  executablePath: string;
  origins: readonly string[];
  /** Keys of a private authority's certificates, which Node has verified. */
  trustedKeyHashes: readonly string[];
  probe: () => string;
  tokenOf: (actor: Actor) => string | undefined;
};
type Ruling = Pick<BrowserExchange, 'refusedBecause' | 'preflight' | 'requestLeft' | 'status' | 'edgeAnswered'>;

const VISIT_MS = 20_000;
const SETTLE_MS = 2_000;

/**
 * A real Chromium in which the given origins live on a local server. No request is intercepted (Playwright would answer
 * every preflight itself); certificates are trusted by the hash of their key alone, so all others are still verified.
 */
export async function launchBrowser(options: Options, ledger: Ledger): Promise<AuditBrowser> {
  const pages = await startOriginServer();
  const rules = [...new Set([...options.origins, PERMISSIVE_ORIGIN])].map((origin) => {
    const { hostname, port } = new URL(origin);
    return `MAP ${hostname}:${port || 443} 127.0.0.1:${pages.port}`;
  });
  const browser = await chromium.launch({
    executablePath: options.executablePath,
    args: [
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

  async function fetchOne(page: Page, session: CDPSession, { origin, opaque }: PageOrigin, request: ScriptedFetch): Promise<BrowserExchange> {
    const token = options.tokenOf(request.actor);
    const headers = { ...request.headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
    const sent: SentRequest = {
      method: request.method,
      url: request.url,
      headers: Object.entries(headers),
      ...(request.body !== undefined && { body: request.body }),
    };
    const wantedOrigin = opaque === true ? 'null' : origin;
    const at = Date.now();
    const pageOrigin = await page.evaluate<string>('self.origin');
    const ruling = watch(session, request.url, needsPreflight(request.method, headers));
    const read = await page.evaluate(runFetch, { url: request.url, method: request.method, headers, body: request.body });
    const seen = { pageOrigin, ...(await ruling(read === undefined)), ...(read && { read }) };
    return ledger.browser({
      probe: options.probe(),
      actor: request.actor,
      purpose: request.purpose,
      wantedOrigin,
      request: sent,
      ...seen,
      at,
      ms: Date.now() - at,
    });
  }

  async function fetchFrom(origin: PageOrigin, requests: readonly ScriptedFetch[]): Promise<BrowserExchange[]> {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(origin.opaque === true ? `${origin.origin}/sandboxed` : `${origin.origin}/`);
      const session = await context.newCDPSession(page);
      await session.send('Network.enable');
      return await Promise.all(requests.map((request) => fetchOne(page, session, origin, request)));
    } finally {
      await context.close();
    }
  }

  async function visit(address: string, origin: string, requests: readonly ScriptedFetch[]): Promise<Visit> {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const loading: Promise<{ url: string; text: string }>[] = [];
      page.on('response', (response) => {
        if (!['script', 'document'].includes(response.request().resourceType())) return;
        const url = response.url().replace(/\?.*$/, '');
        loading.push(
          response.text().then(
            (text) => ({ url, text }),
            () => ({ url, text: '' }),
          ),
        );
      });
      const response = await page.goto(address, { waitUntil: 'load', timeout: VISIT_MS });
      const session = await context.newCDPSession(page);
      await session.send('Network.enable');
      const fetches: BrowserExchange[] = [];
      for (const request of requests) fetches.push(await fetchOne(page, session, { origin }, request));
      return { status: response?.status() ?? 0, fetches, scripts: await Promise.all(loading) };
    } finally {
      await context.close();
    }
  }

  return {
    version: `Chromium ${browser.version()}`,
    fetchFrom,
    visit,
    preflightsSeenByControl: pages.preflightsSeen,
    async close() {
      await browser.close();
      await pages.close();
    },
  };
}

/** Runs in the page. Undefined when the browser refuses; why is asked of the DevTools protocol, not of the script. */
async function runFetch({
  url,
  method,
  headers,
  body,
}: {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
}): Promise<BrowserExchange['read'] | undefined> {
  try {
    const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  } catch {
    return undefined;
  }
}

/** Whether the browser must ask first (https://fetch.spec.whatwg.org/#cors-safelisted-request-header), as far as the audit's own requests go. */
function needsPreflight(method: string, headers: Readonly<Record<string, string>>): boolean {
  return !['GET', 'HEAD', 'POST'].includes(method) || 'Authorization' in headers || headers['Content-Type'] === 'application/json';
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
  const isAnswered = (id: string | undefined): boolean => statuses.has(id ?? '');
  /** A ruling is about an answer: what was on the wire is told by another process, and may be told later. */
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

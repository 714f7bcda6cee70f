import type { BrowserContext, Page } from '@playwright/test';
import { pathOfCaller } from '../../contract/caller-path.ts';
import { subjectOf } from '../../model/token.ts';
import type { Actor, BrowserExchange, HttpResponse, SentRequest } from '../../model/exchange.ts';
import type { HttpClientOptions } from '../http-client.ts';
import { callerOf, NO_MORE_WAITS, type RequestBudget } from '../request-budget.ts';
import type { Ledger } from '../ledger.ts';
import type { PlannedRequest } from '../write-rule.ts';

/** Playwright would end the process after SIGINT, before the audit has cleaned up. */
export const NO_EXIT_ON_SIGINT = { handleSIGINT: false } as const;

export type Engine = 'chromium' | 'firefox' | 'webkit';

export type PageOrigin = { origin: string; opaque?: boolean };

export type ScriptedFetch = {
  actor: Actor;
  purpose: string;
  method: string;
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
};

/** A browser in which the given origins lead to a local server. */
export type PageBrowser = {
  engine: Engine;
  version: string;
  /**
   * Lets the script of one page at that origin make these fetches concurrently. Each URL may occur once, and no other page of that origin
   * shares the browser context, because an allowed preflight is cached by origin and URL.
   */
  fetchFrom(page: PageOrigin, requests: readonly ScriptedFetch[]): Promise<BrowserExchange[]>;
  preflightsSeenByControl(): number;
  close(): Promise<void>;
};

/** Options of every launcher. The write rule applies to requests to `apiUrl` only. */
export type LaunchOptions = Pick<HttpClientOptions, 'apiUrl' | 'scope' | 'load' | 'tokenOf' | 'writes'> & {
  budget: RequestBudget;
  /** Origins that lead to the local server. */
  origins: readonly string[];
};

/** Gives each page a context without another page of its origin. Pages of different origins share one, because contexts are expensive. */
export function shareContexts(open: () => Promise<BrowserContext>): (expectedOrigin: string) => Promise<BrowserContext> {
  const contexts: { origins: Set<string>; context: Promise<BrowserContext> }[] = [];
  return (expectedOrigin) => {
    let shared = contexts.find(({ origins }) => !origins.has(expectedOrigin));
    if (shared === undefined) contexts.push((shared = { origins: new Set(), context: open() }));
    shared.origins.add(expectedOrigin);
    return shared.context;
  };
}

/** Time for a browser to report a response that its page already has. */
export const SETTLE_MS = 2_000;

/** The address of the page, and the origin of its requests. */
export function placeOf({ origin, opaque }: PageOrigin): { address: string; expectedOrigin: string } {
  return opaque === true ? { address: `${origin}/sandboxed`, expectedOrigin: 'null' } : { address: `${origin}/`, expectedOrigin: origin };
}

/** What the browser decided about a fetch. */
export type Decision = Pick<BrowserExchange, 'blockedBecause' | 'preflight' | 'requestLeft' | 'status' | 'edgeResponded'>;

/** An open page. `watch` is called before a fetch; the function that it returns waits for the decision. */
export type WatchedPage = {
  page: Page;
  expectedOrigin: string;
  watch(sent: SentRequest, isPreflighted: boolean): (read: BrowserExchange['read']) => Promise<Decision>;
};

/**
 * Lets the script of a page make a fetch, and records it.
 * @throws {Error} for a write that the write rule forbids, and where the audit may not wait for the rate limit
 */
export async function fetchInPage(
  { page, expectedOrigin, watch }: WatchedPage,
  { actor, purpose, method, url: template, headers: given, body }: ScriptedFetch,
  { apiUrl, scope, load, tokenOf, writes, budget }: LaunchOptions,
  ledger: Ledger,
): Promise<BrowserExchange> {
  const token = tokenOf(actor);
  const url = pathOfCaller(template, () => subjectOf(token ?? tokenOf('tenant A')));
  const headers = { ...given, ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
  const sent = { method, url, headers: Object.entries(headers), ...(body !== undefined && { body }) };
  const isOfTarget = URL.parse(url)?.origin === apiUrl;
  const planned: PlannedRequest = { ...sent, path: url.slice(apiUrl.length) };
  if (isOfTarget) writes.admit(planned);
  const pageOrigin = await page.evaluate<string>('self.origin');
  const caller = callerOf(actor, token);
  if (isOfTarget && !(await budget.take(caller, true))) {
    budget.release(caller, undefined);
    throw new Error(`not sent: ${NO_MORE_WAITS}`);
  }
  let at = Date.now();
  const decided = watch(sent, needsPreflight(method, headers));
  const fetchNow = (): Promise<BrowserExchange['read']> => {
    at = Date.now();
    return page.evaluate(runFetch, { url, method, headers, body });
  };
  // A blocked fetch shows nothing about the load. How long a fetch takes depends on its preflight and its connection.
  let read: BrowserExchange['read'];
  try {
    read = await (isOfTarget ? load.run(fetchNow, (seen) => ({ status: seen?.status ?? 200 })) : fetchNow());
  } finally {
    if (isOfTarget) budget.release(caller, responseOf(read));
  }
  if (isOfTarget) writes.record(planned, actor, read);
  return ledger.browser({
    ...scope(),
    actor,
    purpose,
    expectedOrigin,
    request: sent,
    pageOrigin,
    ...(await decided(read)),
    ...(read && { read }),
    at,
    ms: Date.now() - at,
  });
}

function responseOf(read: BrowserExchange['read']): HttpResponse | undefined {
  return read && { ...read, headers: Object.fromEntries(Object.entries(read.headers).map(([name, value]) => [name, [value]])) };
}

/** Whether the browser sends a preflight (https://fetch.spec.whatwg.org/#cors-safelisted-request-header); covers the audit's own requests. */
function needsPreflight(method: string, headers: Readonly<Record<string, string>>): boolean {
  return !['GET', 'HEAD', 'POST'].includes(method) || 'Authorization' in headers || headers['Content-Type'] === 'application/json';
}

type Script = { url: string; method: string; headers: Record<string, string>; body: string | undefined };

/** Runs in the page. Undefined when the browser blocks the response; the browser reports the reason, the script cannot. */
async function runFetch({ url, method, headers, body }: Script): Promise<BrowserExchange['read'] | undefined> {
  try {
    // A redirect could send a write to an object that is not of this run.
    const redirect = ['GET', 'HEAD'].includes(method) ? 'follow' : 'manual';
    const response = await fetch(url, { method, headers, redirect, ...(body !== undefined && { body }) });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  } catch {
    return undefined;
  }
}

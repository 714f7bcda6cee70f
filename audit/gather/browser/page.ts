import type { BrowserContext } from '@playwright/test';
import type { Actor, BrowserExchange, SentRequest } from '../../model/exchange.ts';
import type { PlannedRequest, WriteRule } from '../write-rule.ts';

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

/** A browser in which pages of the given origins live on a local server. */
export type PageBrowser = {
  engine: Engine;
  version: string;
  /**
   * Lets the script of one page at that origin make these fetches at once. Each URL must stand once: a permissive preflight
   * is cached by origin and URL, so that no other page of that origin shares the context either.
   */
  fetchFrom(page: PageOrigin, requests: readonly ScriptedFetch[]): Promise<BrowserExchange[]>;
  preflightsSeenByControl(): number;
  close(): Promise<void>;
};

/** What every launcher is given. */
export type LaunchOptions = {
  /** Names that lead to the local server. */
  origins: readonly string[];
  evidenceName: () => string;
  tokenOf: (actor: Actor) => string | undefined;
  /** Origin of the target: requests of other hosts are not bound by the rule. */
  apiUrl: string;
  writes: WriteRule;
};

/** Gives each page a context in which its origin has not been before: a context is dear, and others' pages do no harm. */
export function shareContexts(open: () => Promise<BrowserContext>): (wantedOrigin: string) => Promise<BrowserContext> {
  const contexts: { seen: Set<string>; context: Promise<BrowserContext> }[] = [];
  return (wantedOrigin) => {
    let shared = contexts.find(({ seen }) => !seen.has(wantedOrigin));
    if (shared === undefined) contexts.push((shared = { seen: new Set(), context: open() }));
    shared.seen.add(wantedOrigin);
    return shared.context;
  };
}

/** A browser is given this long to tell of an answer that its page has had already. */
export const SETTLE_MS = 2_000;

/** Where the page lives, and the origin its requests should name. */
export function placeOf({ origin, opaque }: PageOrigin): { address: string; wantedOrigin: string } {
  return opaque === true ? { address: `${origin}/sandboxed`, wantedOrigin: 'null' } : { address: `${origin}/`, wantedOrigin: origin };
}

/**
 * The request as it is to be sent, with its actor's token.
 * @throws {Error} for a write that the rule on writes forbids
 */
export function prepare(request: ScriptedFetch, { tokenOf, apiUrl, writes }: LaunchOptions): Prepared {
  const token = tokenOf(request.actor);
  const headers = { ...request.headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
  const { method, url, body } = request;
  const sent = { method, url, headers: Object.entries(headers), ...(body !== undefined && { body }) };
  const isOfTarget = URL.parse(url)?.origin === apiUrl;
  const planned: PlannedRequest = { ...sent, path: url.slice(apiUrl.length) };
  if (isOfTarget) writes.admit(planned);
  return {
    sent,
    asks: needsPreflight(method, headers),
    script: { url, method, headers, body },
    record: (read) => isOfTarget && writes.record(planned, request.actor, read),
  };
}

/** Whether the browser must ask first (https://fetch.spec.whatwg.org/#cors-safelisted-request-header), as far as the audit's own requests go. */
function needsPreflight(method: string, headers: Readonly<Record<string, string>>): boolean {
  return !['GET', 'HEAD', 'POST'].includes(method) || 'Authorization' in headers || headers['Content-Type'] === 'application/json';
}

/** `record` takes what the page's script could read. */
type Prepared = { sent: SentRequest; asks: boolean; script: Script; record: (read: BrowserExchange['read']) => void };

type Script = { url: string; method: string; headers: Record<string, string>; body: string | undefined };

/** Runs in the page. Undefined when the browser refuses; why is asked of the browser, not of the script. */
export async function runFetch({ url, method, headers, body }: Script): Promise<BrowserExchange['read'] | undefined> {
  try {
    // A redirect could lead a write to something that is not of this run.
    const redirect = ['GET', 'HEAD'].includes(method) ? 'follow' : 'manual';
    const response = await fetch(url, { method, headers, redirect, ...(body !== undefined && { body }) });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  } catch {
    return undefined;
  }
}

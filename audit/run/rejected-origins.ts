import type { LedgerEntry } from '../model/exchange.ts';
import type { Observation } from '../model/verdict.ts';

/** How many distinct disallowed origins sent requests to the API, and how many of them were rejected in every observation. */
export type RejectedOrigins = { tried: number; rejected: number; inBrowser: number; overHttp: number };

/**
 * Counts by the judges' conclusions: an origin is rejected if every observation of a request from it passed.
 * @param observations of the checks that prove the rejection
 * @param allowed every origin that may call the API
 */
export function countRejectedOrigins(
  observations: readonly Observation[],
  ledger: readonly LedgerEntry[],
  apiUrl: string,
  allowed: readonly string[],
): RejectedOrigins {
  const entries = new Map(ledger.map((entry) => [entry.id, entry]));
  const seen = new Map<string, { browser: boolean; http: boolean; open: boolean }>();
  for (const { outcome, evidence } of observations) {
    for (const id of evidence) {
      const entry = entries.get(id);
      const origin = originOf(entry);
      if (entry === undefined || entry.kind === 'inspection' || origin === undefined || allowed.includes(origin)) continue;
      const state = seen.get(origin) ?? { browser: false, http: false, open: false };
      // A page's request to the control host is not a request to the API. If it fails, the page's other requests prove nothing.
      const reachedApi = entry.request.url.startsWith(`${apiUrl}/`);
      state.browser ||= reachedApi && entry.kind === 'browser';
      state.http ||= reachedApi && entry.kind === 'http';
      // Where no policy requires a 403, an origin without CORS permission is rejected by browsers.
      state.open ||= outcome === 'fail' || outcome === 'inconclusive';
      seen.set(origin, state);
    }
  }
  const tried = [...seen.values()].filter(({ browser, http }) => browser || http);
  return {
    tried: tried.length,
    rejected: tried.filter(({ open }) => !open).length,
    inBrowser: tried.filter(({ browser }) => browser).length,
    overHttp: tried.filter(({ http }) => http).length,
  };
}

/** Undefined for a request without exactly one origin. */
function originOf(entry: LedgerEntry | undefined): string | undefined {
  if (entry === undefined || entry.kind === 'inspection') return undefined;
  if (entry.kind === 'browser') return entry.expectedOrigin;
  const origins = entry.request.headers.filter(([name]) => name.toLowerCase() === 'origin').map(([, value]) => value);
  return origins.length === 1 ? origins[0] : undefined;
}

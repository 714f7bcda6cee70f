import type { LedgerEntry } from '../model/exchange.ts';
import type { Observation } from '../model/verdict.ts';

/** How many distinct disallowed origins were tried at the API, and how many of them every observation shows as rejected. */
export type RejectedOrigins = { tried: number; rejected: number; inBrowser: number; overHttp: number };

/**
 * Counts by what the judges concluded: an origin is rejected when no observation of a request from it is a failure or a doubt.
 * @param observations those of the checks that show the rejection
 * @param allowed every origin that may call the API
 */
export function countRejectedOrigins(
  observations: readonly Observation[],
  ledger: readonly LedgerEntry[],
  apiUrl: string,
  allowed: readonly string[],
): RejectedOrigins {
  const entries = new Map(ledger.map((entry) => [entry.id, entry]));
  const seen = new Map<string, { browser: boolean; http: boolean; doubted: boolean }>();
  for (const { outcome, evidence } of observations) {
    for (const id of evidence) {
      const entry = entries.get(id);
      const origin = originOf(entry);
      if (entry === undefined || entry.kind === 'inspection' || origin === undefined || allowed.includes(origin)) continue;
      const state = seen.get(origin) ?? { browser: false, http: false, doubted: false };
      // A page's request to the control host says nothing of the API, unless it failed: then its other requests prove nothing.
      const reachedApi = entry.request.url.startsWith(`${apiUrl}/`);
      state.browser ||= reachedApi && entry.kind === 'browser';
      state.http ||= reachedApi && entry.kind === 'http';
      state.doubted ||= outcome !== 'pass';
      seen.set(origin, state);
    }
  }
  const tried = [...seen.values()].filter(({ browser, http }) => browser || http);
  return {
    tried: tried.length,
    rejected: tried.filter(({ doubted }) => !doubted).length,
    inBrowser: tried.filter(({ browser }) => browser).length,
    overHttp: tried.filter(({ http }) => http).length,
  };
}

/** Undefined for a request without an origin, or with more than one. */
function originOf(entry: LedgerEntry | undefined): string | undefined {
  if (entry === undefined || entry.kind === 'inspection') return undefined;
  if (entry.kind === 'browser') return entry.expectedOrigin;
  const origins = entry.request.headers.filter(([name]) => name.toLowerCase() === 'origin').map(([, value]) => value);
  return origins.length === 1 ? origins[0] : undefined;
}

import { PERMISSIVE_ORIGIN } from '../model/permissive-host.ts';
import type { BrowserExchange, Exchange, Inspection, LedgerEntry } from '../model/exchange.ts';
import type { Redactor } from './redactor.ts';
import type { RunRecord } from './run-record.ts';

/** Everything that the audit sends and inspects, one line each, redacted before it is stored. */
export type Ledger = {
  http(exchange: Omit<Exchange, 'id' | 'leaked'>): Exchange;
  browser(exchange: Omit<BrowserExchange, 'id' | 'leaked'>): BrowserExchange;
  inspection(inspection: Omit<Inspection, 'id'>): Inspection;
  /** Records a wait for the target's rate limiter, in milliseconds. */
  waited(at: number, ms: number): void;
};

const LONGEST_TEXT = 20_000;

/** Total time of waiting for the rate limiter; concurrent waits count once. */
export function waitedMs(entries: readonly LedgerEntry[]): number {
  const waits = entries.filter(({ evidence }) => evidence === WAITING).toSorted((a, b) => a.at - b.at);
  let [total, until] = [0, 0];
  for (const { at, ms } of waits) {
    total += Math.max(0, at + ms - Math.max(at, until));
    until = Math.max(until, at + ms);
  }
  return total;
}

/** Requests to the target. A browser's preflight is a separate one; the permissive host is the audit's own. */
export function requestsOf(entry: LedgerEntry): number {
  if (entry.kind === 'inspection' || entry.request.url.startsWith(PERMISSIVE_ORIGIN)) return 0;
  return entry.kind === 'http' ? 1 : Number(entry.requestLeft) + Number(entry.preflight !== undefined);
}

const WAITING = 'waiting';

/** @param prefix distinguishes the ids of worker processes */
export function createLedger(runRecord: RunRecord, redactor: Redactor, prefix: string): Ledger {
  let count = 0;
  const nextId = (): string => `${prefix}${(count += 1)}`;

  /** Requests have the audit's own credentials; only a response must not contain a secret. */
  function clean<T extends { response?: object; read?: object }>(entry: T): T & { id: string; leaked: string[] } {
    const leaked = stringsIn([entry.response, entry.read]).flatMap((text) => redactor.find(text));
    return { ...mapStrings(entry, redactor.redact), id: nextId(), leaked: [...new Set(leaked)] };
  }

  /** The caller gets the whole response; in the record a long one is truncated. */
  function append<T extends LedgerEntry>(entry: T): T {
    runRecord.appendLedger(mapStrings(entry, (text) => text.slice(0, LONGEST_TEXT)));
    return entry;
  }

  return {
    http: (exchange) => append({ kind: 'http', ...clean(exchange) }),
    browser: (exchange) => append({ kind: 'browser', ...clean(exchange) }),
    inspection: (inspection) => append({ kind: 'inspection', ...inspection, subject: redactor.redact(inspection.subject), id: nextId() }),
    waited: (at, ms) =>
      runRecord.appendLedger({ kind: 'inspection', id: nextId(), evidence: WAITING, subject: "wait for the target's rate limiter", at, ms }),
  };
}

/** Records an inspection by a gather function. `at` is its start, in milliseconds since the epoch. */
export function recordInspection({ ledger, evidenceName }: { ledger: Ledger; evidenceName: () => string }, subject: string, at: number): Inspection {
  return ledger.inspection({ evidence: evidenceName(), subject, at, ms: Date.now() - at });
}

/** A copy with every string changed: secrets are found in the original text, not in its JSON encoding. */
function mapStrings<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') return change(value) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => mapStrings(each, change)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapStrings(each as unknown, change)])) as T;
}

function stringsIn(value: unknown): string[] {
  const found: string[] = [];
  mapStrings(value, (text) => {
    found.push(text);
    return text;
  });
  return found;
}

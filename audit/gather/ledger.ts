import type { BrowserExchange, Exchange, Inspection, LedgerEntry } from '../model/exchange.ts';
import type { Redactor } from './redactor.ts';
import type { RunRecord } from './run-record.ts';

/** Everything the audit sends and inspects, one line each, redacted before it is kept anywhere. */
export type Ledger = {
  http(exchange: Omit<Exchange, 'id' | 'leaked'>): Exchange;
  browser(exchange: Omit<BrowserExchange, 'id' | 'leaked'>): BrowserExchange;
  inspection(inspection: Omit<Inspection, 'id'>): Inspection;
  /** Milliseconds the audit waited because the target's limiter asked it to. */
  waited(at: number, ms: number): void;
};

const LONGEST_TEXT = 20_000;

/** Time the limiter took: several requests waiting at once wait once. */
export function waitedMs(entries: readonly LedgerEntry[]): number {
  const waits = entries.filter(({ evidence }) => evidence === WAITING).toSorted((a, b) => a.at - b.at);
  let [total, until] = [0, 0];
  for (const { at, ms } of waits) {
    total += Math.max(0, at + ms - Math.max(at, until));
    until = Math.max(until, at + ms);
  }
  return total;
}

/** A browser's preflight is a request of its own. */
export function requestsOf(entry: LedgerEntry): number {
  if (entry.kind === 'inspection') return 0;
  return entry.kind === 'http' ? 1 : Number(entry.requestLeft) + Number(entry.preflight !== undefined);
}

const WAITING = 'waiting';

/** @param prefix keeps the ids of several worker processes apart. */
export function createLedger(directory: RunRecord, redactor: Redactor, prefix: string): Ledger {
  let count = 0;
  const nextId = (): string => `${prefix}${(count += 1)}`;

  /** The credentials a request carries are ours; what must not happen is that an answer holds them. */
  function clean<T extends { response?: object; read?: object }>(entry: T): T & { id: string; leaked: string[] } {
    const leaked = stringsIn([entry.response, entry.read]).flatMap((text) => redactor.find(text));
    return { ...mapStrings(entry, redactor.redact), id: nextId(), leaked: [...new Set(leaked)] };
  }

  /** The caller gets the whole response; on disk a long one is truncated. */
  function keep<T extends LedgerEntry>(entry: T): T {
    directory.appendLedger(mapStrings(entry, (text) => text.slice(0, LONGEST_TEXT)));
    return entry;
  }

  return {
    http: (exchange) => keep({ kind: 'http', ...clean(exchange) }),
    browser: (exchange) => keep({ kind: 'browser', ...clean(exchange) }),
    inspection: (inspection) => keep({ kind: 'inspection', ...inspection, subject: redactor.redact(inspection.subject), id: nextId() }),
    waited: (at, ms) =>
      directory.appendLedger({ kind: 'inspection', id: nextId(), evidence: WAITING, subject: "waited for the target's limiter", at, ms }),
  };
}

/** A copy with every string changed: secrets are looked for in what was sent, not in how JSON spells it. */
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

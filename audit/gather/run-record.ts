import type { LedgerEntry, Scope } from '../model/exchange.ts';
import type { Verdict } from '../model/verdict.ts';

/** The gathered evidence or the error, and the duration in milliseconds. */
export type StoredEvidence = { area: string; ms: number } & ({ found: unknown } | { crashed: string });

export type StoredVerdict = { verdict: Verdict; ms: number };

/** Everything that one run sent, gathered and concluded, redacted; the input of the reports. */
export type RunRecord = {
  id: string;
  appendLedger(entry: LedgerEntry): void;
  readLedger(): LedgerEntry[];
  /** The stored evidence of that name; undefined before it is gathered. */
  recall(name: string): StoredEvidence | undefined;
  store(name: string, evidence: StoredEvidence): void;
  /** Stores the verdict of a check and its duration in milliseconds. */
  storeVerdict(id: string, made: StoredVerdict): void;
  /** The stored verdicts, by the id of their check. */
  verdicts(): ReadonlyMap<string, StoredVerdict>;
  /** Records that evidence, or a part of it, is being gathered, until the returned function is called. */
  begin(scope: Scope): () => void;
  /** What is being gathered. */
  unfinished(): Scope[];
  /** The whole record as JSON, by name. */
  texts(): { name: string; text: string }[];
};

export function createRunRecord(id: string): RunRecord {
  const entries: LedgerEntry[] = [];
  const evidence = new Map<string, StoredEvidence>();
  const verdicts = new Map<string, StoredVerdict>();
  const begun = new Set<Scope>();
  return {
    id,
    appendLedger: (entry) => void entries.push(entry),
    readLedger: () => [...entries],
    recall: (name) => evidence.get(name),
    store: (name, found) => void evidence.set(name, found),
    storeVerdict: (check, made) => void verdicts.set(check, made),
    verdicts: () => verdicts,
    begin(scope) {
      begun.add(scope);
      return () => void begun.delete(scope);
    },
    unfinished: () => [...begun],
    texts: () => [
      ...entries.map((entry) => ({ name: `ledger entry ${entry.id}`, text: JSON.stringify(entry) })),
      ...[...evidence].map(([name, found]) => ({ name: `evidence ${name}`, text: JSON.stringify(found) })),
      ...[...verdicts].map(([check, made]) => ({ name: `verdict of ${check}`, text: JSON.stringify(made) })),
    ],
  };
}

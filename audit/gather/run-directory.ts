import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LedgerEntry } from '../model/exchange.ts';
import type { Verdict } from '../model/verdict.ts';

/** What gathering came to, and the milliseconds that it took. */
export type StoredEvidence = { area: string; ms: number } & ({ found: unknown } | { crashed: string });

export type StoredVerdict = { verdict: Verdict; ms: number };

/**
 * What the processes of one run share: Playwright starts a new worker when one ends, and the evidence gathered so far must
 * outlive it. Removed when the run is over; the report keeps what it needs.
 */
export type RunDirectory = {
  id: string;
  path: string;
  appendLedger(entry: LedgerEntry): void;
  readLedger(): LedgerEntry[];
  /** The stored evidence of that name; undefined where it was not gathered yet. */
  recall(name: string): StoredEvidence | undefined;
  store(name: string, evidence: StoredEvidence): void;
  /** Stores the verdict of a check, with the milliseconds that it took. */
  storeVerdict(id: string, made: StoredVerdict): void;
  /** The stored verdicts, by the id of their check. */
  verdicts(): Map<string, StoredVerdict>;
  /** Notes that evidence is being gathered until the returned function is called. */
  begin(name: string): () => void;
  /** Probes that began and did not end, because their process ended first. */
  unfinished(): string[];
  remove(): void;
};

export function openRunDirectory(directory: string): RunDirectory {
  mkdirSync(directory, { recursive: true });
  const ledger = path.join(directory, 'ledger.jsonl');
  const entries: LedgerEntry[] = [];
  let read = 0;
  const fileOf = (name: string): string => path.join(directory, `evidence-${name}.json`);
  const verdictFile = (id: string): string => path.join(directory, `verdict-${id}.json`);
  const begunFile = (name: string): string => path.join(directory, `begun-${name}`);
  return {
    id: path.basename(directory).replace(/^run-/, ''),
    path: directory,
    appendLedger: (entry) => appendFileSync(ledger, `${JSON.stringify(entry)}\n`),
    // It only grows: what was read once is not read again.
    readLedger() {
      const more = existsSync(ledger) ? readFileSync(ledger).subarray(read) : Buffer.of();
      read += more.length;
      for (const line of more.toString().split('\n')) if (line !== '') entries.push(JSON.parse(line) as LedgerEntry);
      return [...entries];
    },
    recall: (name) => (existsSync(fileOf(name)) ? (JSON.parse(readFileSync(fileOf(name), 'utf8')) as StoredEvidence) : undefined),
    store: (name, evidence) => writeFileSync(fileOf(name), JSON.stringify(evidence)),
    storeVerdict: (id, made) => writeFileSync(verdictFile(id), JSON.stringify(made)),
    verdicts: () =>
      new Map(
        readdirSync(directory).flatMap((file) => {
          const id = /^verdict-(.+)\.json$/.exec(file)?.[1];
          return id === undefined ? [] : [[id, JSON.parse(readFileSync(verdictFile(id), 'utf8')) as StoredVerdict]];
        }),
      ),
    begin(name) {
      writeFileSync(begunFile(name), '');
      return () => rmSync(begunFile(name), { force: true });
    },
    unfinished: () => readdirSync(directory).flatMap((file) => /^begun-(.+)$/.exec(file)?.[1] ?? []),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Every file of a run directory with its text. */
export function readFiles(directory: string): { name: string; text: string }[] {
  return readdirSync(directory).map((name) => ({ name, text: readFileSync(path.join(directory, name), 'utf8') }));
}

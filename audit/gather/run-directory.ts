import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LedgerEntry } from '../model/exchange.ts';

/**
 * What the processes of one run share: Playwright starts a new worker when one ends, and the evidence gathered so far must
 * outlive it. Removed when the run is over; the report keeps what it needs.
 */
export type RunDirectory = {
  id: string;
  path: string;
  appendLedger(entry: LedgerEntry): void;
  readLedger(): LedgerEntry[];
  /** The recorded evidence, or undefined when it has not been gathered yet. */
  recall(name: string): unknown;
  store(name: string, evidence: unknown): void;
  /** Notes that a probe is at work until the function that is returned is called. */
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
    recall: (name) => (existsSync(fileOf(name)) ? (JSON.parse(readFileSync(fileOf(name), 'utf8')) as unknown) : undefined),
    store: (name, evidence) => writeFileSync(fileOf(name), JSON.stringify(evidence)),
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

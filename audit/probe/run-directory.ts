import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LedgerEntry } from '../exchange.ts';

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
  remove(): void;
};

export function openRunDirectory(directory: string): RunDirectory {
  mkdirSync(directory, { recursive: true });
  const ledger = path.join(directory, 'ledger.jsonl');
  const entries: LedgerEntry[] = [];
  let read = 0;
  const fileOf = (name: string): string => path.join(directory, `evidence-${name}.json`);
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
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Every file of a run directory with its text. */
export function readFiles(directory: string): { name: string; text: string }[] {
  return readdirSync(directory).map((name) => ({ name, text: readFileSync(path.join(directory, name), 'utf8') }));
}

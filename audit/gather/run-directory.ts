import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LedgerEntry } from '../model/exchange.ts';
import type { Verdict } from '../model/verdict.ts';

/** The gathered evidence or the error, and the duration in milliseconds. */
export type StoredEvidence = { area: string; ms: number } & ({ found: unknown } | { crashed: string });

export type StoredVerdict = { verdict: Verdict; ms: number };

/**
 * Files shared by the processes of one run: Playwright starts a new worker when one ends, and the evidence gathered so far must outlive it.
 * Deleted at the end of the run.
 */
export type RunDirectory = {
  id: string;
  path: string;
  appendLedger(entry: LedgerEntry): void;
  readLedger(): LedgerEntry[];
  /** The stored evidence of that name; undefined before it is gathered. */
  recall(name: string): StoredEvidence | undefined;
  store(name: string, evidence: StoredEvidence): void;
  /** Stores the verdict of a check and its duration in milliseconds. */
  storeVerdict(id: string, made: StoredVerdict): void;
  /** The stored verdicts, by the id of their check. */
  verdicts(): Map<string, StoredVerdict>;
  /** Records that evidence is being gathered, until the returned function is called. */
  begin(name: string): () => void;
  /** Names of evidence whose gathering did not end, because its process ended first. */
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
    // The file only grows, so each part is read once.
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

import { type ObjectPart, OVERLAP } from '../../gather/git-objects.ts';
import type { ValueSearch } from './exact-values.ts';
import type { Findings } from './findings.ts';
import type { ScanCache } from './scan-cache.ts';
import { dependsOnName, hasNoPattern, isClean, scan } from './scanner.ts';

/** How many files and objects were read, and the milliseconds it took. */
export type Work = { count: number; ms: number };

/** A part of a file of the working tree, or of an object of the history. */
type Source = Pick<ObjectPart, 'id' | 'start' | 'bytes' | 'isLast'> & { file: string; isInTree: boolean };

export type Search = {
  /** Whether earlier scans have read this object and found nothing that a file of this name must not contain. */
  isKnown(id: Buffer, file: string): boolean;
  read(source: Source): Promise<void>;
  save(): void;
  readonly work: { patterns: Work; values: Work };
};

/** @param values without any there is nothing to search for */
export function createSearch({
  patterns,
  values,
  findValues,
  findings,
}: {
  patterns: ScanCache;
  values: ScanCache | undefined;
  findValues: ValueSearch;
  findings: Findings;
}): Search {
  const work = { patterns: { count: 0, ms: 0 }, values: { count: 0, ms: 0 } };

  async function scanPart({ id, file, start, bytes, isLast, isInTree }: Source): Promise<boolean> {
    const decoded = fromUtf16(bytes);
    if (isClean(decoded ?? bytes.toString('latin1'), file)) return false;
    const text = decoded ?? bytes.toString('utf8');
    // What begins in the overlap can be cut off here, and is whole in the next part.
    const end = isLast || decoded !== undefined ? text.length : bytes.toString('utf8', 0, bytes.length - OVERLAP).length;
    const matches = (await scan(text, file)).filter(({ offset }) => offset < end);
    for (const { rule, value, offset } of matches) findings.addSecret({ id, file, isInTree }, rule, value, start + offset);
    return matches.length > 0 || dependsOnName(text);
  }

  function searchPart({ id, file, bytes, isInTree }: Source): boolean {
    const names = findValues(bytes);
    for (const name of names) findings.addValue({ id, file, isInTree }, name);
    return names.length > 0;
  }

  /** Reads an object for one purpose. Its parts come one after the other. An object in which something was found is read in each run. */
  function reader(cache: ScanCache | undefined, total: Work, hasFound: (source: Source) => boolean | Promise<boolean>): Search['read'] {
    let isFound = false;
    return async (source) => {
      const id = Buffer.from(source.id, 'hex');
      if (cache === undefined || cache.has(id)) return;
      const started = performance.now();
      if (source.start === 0) isFound = false;
      if (await hasFound(source)) isFound = true;
      if (source.isLast) {
        total.count += 1;
        if (!isFound) cache.add(id);
      }
      total.ms += performance.now() - started;
    };
  }

  const readers = [reader(patterns, work.patterns, scanPart), reader(values, work.values, searchPart)];
  return {
    isKnown: (id, file) => patterns.has(id) && (values?.has(id) ?? true) && !hasNoPattern(file),
    async read(source) {
      for (const read of readers) await read(source);
    },
    save() {
      patterns.save();
      values?.save();
    },
    work,
  };
}

/** Undefined where the bytes do not begin with the mark of UTF-16. */
function fromUtf16(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff)
    return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
      .swap16()
      .toString('utf16le');
  return undefined;
}

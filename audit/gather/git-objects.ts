import type { Writable } from 'node:stream';
import { missingObject, startGit } from './git.ts';

/** A version of a file, or a commit or tag, which contains a message. */
export type ObjectName = {
  /** Hexadecimal. */
  id: string;
  /** Of a version of a file, in latin1; the name of a tag; empty for a commit. */
  path: string;
};

/** A part of the bytes of an object. Almost every object has one part. */
export type ObjectPart = ObjectName & {
  type: 'blob' | 'commit' | 'tag';
  /** Where this part starts. */
  start: number;
  bytes: Buffer;
  isLast: boolean;
};

/** A larger object is read in parts. */
export const LONGEST_PART = 4_000_000;
/** Each part repeats the end of the part before it, so that each pattern of this many bytes is in one of them. */
export const OVERLAP = 64_000;

/**
 * Reads objects from one `git cat-file`, which reads ahead. Trees are left out.
 * @throws {Error} where git does not have an object
 */
export async function* readObjects(names: AsyncIterable<readonly ObjectName[]>): AsyncGenerator<ObjectPart> {
  const git = startGit('cat-file', '--batch=%(objectname) %(objecttype) %(objectsize) %(rest)', '--buffer');
  // An error of the list ends the input, and is thrown at the end.
  const fed = feed(names, git.stdin).finally(() => git.stdin.end());
  fed.catch(() => {});
  const source = bytesOf(git.stdout);
  try {
    for (;;) {
      const header = await source.line();
      if (header === undefined) break;
      yield* partsOf(header, source);
    }
    await fed;
    await git.ended();
  } finally {
    git.stop();
  }
}

async function feed(names: AsyncIterable<readonly ObjectName[]>, stdin: Writable): Promise<void> {
  const closed = new Promise((resolve) => stdin.once('close', resolve));
  for await (const batch of names) {
    const text = batch.map(({ id, path }) => `${id} ${path}\n`).join('');
    if (!stdin.writable) return;
    if (text !== '' && !stdin.write(text, 'latin1')) await Promise.race([new Promise((resolve) => stdin.once('drain', resolve)), closed]);
  }
}

/** A line with id, type, size and path, the content, and a line feed. */
async function* partsOf(header: string, source: Bytes): AsyncGenerator<ObjectPart> {
  const [, id = '', type = '', length = '', path = ''] = /^(\S+) (\S+) (\d+) ?(.*)$/.exec(header) ?? [];
  if (id === '') throw missingObject(header.replace(/ missing$/, ''));
  const size = Number(length);
  let overlap: Buffer = Buffer.alloc(0);
  for (let position = 0; position < size || position === 0;) {
    const read = await source.take(Math.min(size - position, LONGEST_PART));
    const bytes = overlap.length === 0 ? read : Buffer.concat([overlap, read]);
    const start = position - overlap.length;
    position += read.length;
    const isLast = position >= size;
    if (type === 'blob' || type === 'commit' || type === 'tag') yield { id, path, type, start, bytes, isLast };
    if (isLast) break;
    overlap = Buffer.from(bytes.subarray(-OVERLAP));
  }
  await source.take(1);
}

type Bytes = {
  /** Without the line feed; undefined at the end. */
  line(): Promise<string | undefined>;
  /** @throws {Error} where fewer remain */
  take(length: number): Promise<Buffer>;
};

function bytesOf(stream: AsyncIterable<Buffer>): Bytes {
  const chunks = stream[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const next = async (): Promise<Buffer | undefined> => {
    const { value, done } = await chunks.next();
    return done === true ? undefined : value;
  };
  const cut = (length: number): Buffer => {
    const bytes = rest.subarray(0, length);
    rest = rest.subarray(length);
    return bytes;
  };
  return {
    async line() {
      for (;;) {
        const end = rest.indexOf(10);
        if (end !== -1) return cut(end + 1).toString('latin1', 0, end);
        const chunk = await next();
        if (chunk === undefined) return undefined;
        rest = Buffer.concat([rest, chunk]);
      }
    },
    async take(length) {
      if (rest.length >= length) return cut(length);
      const bytes = Buffer.allocUnsafe(length);
      let filled = rest.copy(bytes);
      while (filled < length) {
        const chunk = await next();
        if (chunk === undefined) throw new Error('git cat-file ended within an object');
        const used = chunk.copy(bytes, filled);
        filled += used;
        rest = chunk.subarray(used);
      }
      return bytes;
    },
  };
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { LONGEST_PART, type ObjectPart, OVERLAP } from '../../gather/git-objects.ts';

type Part = Pick<ObjectPart, 'start' | 'bytes' | 'isLast'>;

/** A file of the working tree, with the id that git gives to its content. */
export type TreeFile = { id: string; parts(): AsyncIterable<Part> | Iterable<Part> };

/** A link is its target's path, as in git. A directory is a submodule, which is another repository. */
export async function readTreeFile(file: string, algorithm: string): Promise<TreeFile | 'absent' | 'unreadable'> {
  try {
    const stats = await lstat(file);
    if (stats.isDirectory()) return 'absent';
    if (!stats.isSymbolicLink() && stats.size > LONGEST_PART) return await largeFile(file, stats.size, algorithm);
    const bytes = stats.isSymbolicLink() ? await readlink(file, 'buffer') : await readFile(file);
    const id = createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    return { id, parts: () => [{ start: 0, bytes, isLast: true }] };
  } catch (error) {
    // Deleted and not yet committed, or a file of a tool that has just removed it.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'absent' : 'unreadable';
  }
}

async function largeFile(file: string, size: number, algorithm: string): Promise<TreeFile> {
  const hash = createHash(algorithm).update(`blob ${size}\0`);
  for await (const bytes of chunksOf(file)) hash.update(bytes);
  return { id: hash.digest('hex'), parts: () => partsOf(file, size) };
}

async function* partsOf(file: string, size: number): AsyncGenerator<Part> {
  let position = 0;
  let overlap: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(file)) {
    const bytes = Buffer.concat([overlap, chunk]);
    const start = position - overlap.length;
    position += chunk.length;
    yield { start, bytes, isLast: position >= size };
    overlap = bytes.subarray(-OVERLAP);
  }
}

function chunksOf(file: string): AsyncIterable<Buffer> {
  return createReadStream(file, { highWaterMark: LONGEST_PART });
}

/** Flags of object ids, in one block of memory: 26 to 53 bytes for each id of SHA-1. */
export type IdFlags = {
  has(id: Buffer, flag: number): boolean;
  /** @returns whether the id did not have the flag */
  add(id: Buffer, flag: number): boolean;
};

const SMALLEST = 1_024;
const FULL = 0.8;

/** @param length of an id in bytes */
export function createIdFlags(length: number): IdFlags {
  const width = length + 1;
  let table: Buffer = Buffer.alloc(SMALLEST * width);
  let count = 0;

  /** Where the id is, or where it belongs: the bytes of an id are evenly distributed. A slot without a flag is empty. */
  function positionOf(id: Buffer): number {
    const slots = table.length / width;
    const start = id.readUInt32LE(0);
    for (let slot = start % slots; ; slot = (slot + 1) % slots) {
      const position = slot * width;
      if (table[position + length] === 0) return position;
      if (table.readUInt32LE(position) === start && table.compare(id, 0, length, position, position + length) === 0) return position;
    }
  }

  function grow(): void {
    const former = table;
    table = Buffer.alloc(former.length * 2);
    for (let position = 0; position < former.length; position += width) {
      const slot = former.subarray(position, position + width);
      if (slot[length] !== 0) slot.copy(table, positionOf(slot));
    }
  }

  const flagsAt = (position: number): number => table[position + length] ?? 0;
  return {
    has: (id, flag) => (flagsAt(positionOf(id)) & flag) !== 0,
    add(id, flag) {
      if ((count + 1) * width > table.length * FULL) grow();
      const position = positionOf(id);
      const flags = flagsAt(position);
      if ((flags & flag) !== 0) return false;
      if (flags === 0) {
        count += 1;
        id.copy(table, position, 0, length);
      }
      table[position + length] = flags | flag;
      return true;
    },
  };
}

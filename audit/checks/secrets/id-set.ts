/** A set of object ids in one block of memory: about 40 to 80 bytes for each id of SHA-1. */
export type IdSet = {
  readonly size: number;
  has(id: Buffer): boolean;
  add(id: Buffer): void;
};

const SMALLEST = 1_024;

/** @param length of an id in bytes */
export function createIdSet(length: number): IdSet {
  let table: Buffer = Buffer.alloc(SMALLEST * length);
  let size = 0;

  /** Where the id is, or where it belongs. The bytes of an id are evenly distributed, and no id is zero. */
  function positionOf(id: Buffer): number {
    const slots = table.length / length;
    for (let slot = id.readUInt32LE(0) % slots; ; slot = (slot + 1) % slots) {
      const position = slot * length;
      const isEmpty = table.readUInt32LE(position) === 0 && table.readUInt32LE(position + 4) === 0;
      if (isEmpty || table.compare(id, 0, length, position, position + length) === 0) return position;
    }
  }

  function grow(): void {
    const former = table;
    table = Buffer.alloc(former.length * 2);
    for (let position = 0; position < former.length; position += length) {
      const id = former.subarray(position, position + length);
      if (id.readUInt32LE(0) !== 0 || id.readUInt32LE(4) !== 0) id.copy(table, positionOf(id));
    }
  }

  const has = (id: Buffer): boolean => {
    const position = positionOf(id);
    return table.compare(id, 0, length, position, position + length) === 0;
  };
  return {
    get size() {
      return size;
    },
    has,
    add(id) {
      if (has(id)) return;
      size += 1;
      if (size * length * 2 > table.length) grow();
      id.copy(table, positionOf(id), 0, length);
    },
  };
}

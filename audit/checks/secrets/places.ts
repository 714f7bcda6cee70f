import { type HistoryEntry, listHistory, type Place } from '../../gather/git-history.ts';

/** Where objects are in the history, before it is known which of them contain a secret. */
export type Places = {
  add(entry: HistoryEntry): void;
  /** Reads the history again where it has more entries than are stored. */
  of(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly Place[]>>;
};

/** About 10 MB. */
const MOST_ENTRIES = 20_000;

export function createPlaces(): Places {
  const stored = new Map<string, Place[]>();
  let count = 0;
  return {
    add(entry) {
      count += 1;
      if (count <= MOST_ENTRIES) append(stored, entry);
      else stored.clear();
    },
    of: async (ids) => (count <= MOST_ENTRIES || ids.size === 0 ? stored : findPlaces(ids)),
  };
}

async function findPlaces(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly Place[]>> {
  const found = new Map<string, Place[]>();
  for await (const batch of listHistory()) for (const entry of batch) if (ids.has(entry.id)) append(found, entry);
  return found;
}

function append(places: Map<string, Place[]>, entry: HistoryEntry): void {
  const known = places.get(entry.id) ?? [];
  places.set(entry.id, known);
  known.push(entry);
}

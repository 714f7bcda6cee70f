/** What the users sent and what the service told them, to be compared with the database afterwards. */
export type Ledger = {
  readonly creations: Creation[];
  /** By the task's id. */
  readonly contents: Map<number, Contents>;
};

/** A creation, by the title that no other has. Without a key it was sent once; with one, until it was acknowledged. */
export type Creation = {
  readonly userId: string;
  readonly title: string;
  readonly key: string | undefined;
  /** The ids it was acknowledged with: more than one when the service took a repetition for something new. */
  readonly ids: Set<number>;
};

/** What the description of an acknowledged task may be now. */
export type Contents = {
  /** As last acknowledged. */
  acknowledged: string | null;
  /** Of the one update that was not acknowledged, and may have been carried out or not; none was sent after it. */
  uncertain: string | undefined;
};

export type TaskRow = {
  readonly id: number;
  readonly user_id: string;
  readonly title: string;
  readonly description: string | null;
};

export type Comparison = {
  /** Each names the write that was acknowledged and is not there. */
  readonly lost: readonly string[];
  /** Each names a row too many. */
  readonly doubled: readonly string[];
  /** Rows nobody sent, or that belong to somebody else than who sent them. */
  readonly foreign: readonly string[];
  /** Titles of keyed creations that were repeated to the end and never acknowledged. */
  readonly unsettled: readonly string[];
};

/** Compares what was acknowledged with what is there. @param rows all tasks of the ledger's users */
export function compareWithLedger({ creations, contents }: Ledger, rows: readonly TaskRow[]): Comparison {
  const lost: string[] = [];
  const doubled: string[] = [];
  const foreign: string[] = [];
  const unsettled: string[] = [];
  const byTitle = Map.groupBy(rows, ({ title }) => title);
  const byId = new Map(rows.map((row) => [row.id, row]));

  for (const { title, userId, key, ids } of creations) {
    const found = byTitle.get(title) ?? [];
    byTitle.delete(title);
    for (const row of found.slice(1))
      doubled.push(`${key === undefined ? 'a creation sent once' : 'a creation with a key'} is there again as task ${row.id}`);
    for (const row of found) if (row.user_id !== userId) foreign.push(`task ${row.id} belongs to another user`);
    for (const id of ids) if (byId.get(id)?.title !== title) lost.push(`task ${id}, acknowledged with 201, is not there`);
    if (key !== undefined && ids.size === 0) unsettled.push(title);
  }
  for (const row of [...byTitle.values()].flat()) foreign.push(`task ${row.id} was created by nobody`);

  for (const [id, { acknowledged, uncertain }] of contents) {
    const row = byId.get(id);
    if (row !== undefined && row.description !== acknowledged && row.description !== uncertain) {
      lost.push(`an update of task ${id}, acknowledged with 200, is not there`);
    }
  }
  return { lost, doubled, foreign, unsettled };
}

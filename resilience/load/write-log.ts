/** What the users sent and what the service acknowledged, to compare with the database afterwards. */
export type WriteLog = {
  readonly creations: LoggedCreation[];
  /** By task id. */
  readonly descriptions: Map<number, DescriptionState>;
};

/** A creation, identified by its unique title. It is sent once, or with a key until it is acknowledged. */
export type LoggedCreation = {
  readonly userId: string;
  readonly title: string;
  readonly key: string | undefined;
  /** The acknowledged ids: more than one when the service treated a repetition as a new creation. */
  readonly ids: Set<number>;
};

/** The possible descriptions of an acknowledged task. */
export type DescriptionState = {
  /** The last acknowledged one. */
  acknowledged: string | null;
  /** Of the last update, when it was not acknowledged and may or may not have taken effect. */
  uncertain: string | undefined;
};

export type TaskRow = {
  readonly id: number;
  readonly user_id: string;
  readonly title: string;
  readonly description: string | null;
};

/** One sentence for each deviation. */
export type Comparison = {
  /** Acknowledged writes that are missing. */
  readonly lost: readonly string[];
  /** Duplicate rows. */
  readonly doubled: readonly string[];
  /** Rows that were never sent, or that belong to another user. */
  readonly unexpected: readonly string[];
  /** Titles of keyed creations that were never acknowledged despite their retries. */
  readonly unacknowledged: readonly string[];
};

/** @param rows all tasks of the log's users */
export function compareWithWriteLog({ creations, descriptions }: WriteLog, rows: readonly TaskRow[]): Comparison {
  const lost: string[] = [];
  const doubled: string[] = [];
  const unexpected: string[] = [];
  const unacknowledged: string[] = [];
  const byTitle = Map.groupBy(rows, ({ title }) => title);
  const byId = new Map(rows.map((row) => [row.id, row]));

  for (const { title, userId, key, ids } of creations) {
    const found = byTitle.get(title) ?? [];
    byTitle.delete(title);
    const sent = key === undefined ? 'a creation sent once' : 'a creation with a key';
    for (const row of found.slice(1)) doubled.push(`${sent} has a duplicate: task ${row.id}`);
    for (const row of found) if (row.user_id !== userId) unexpected.push(`task ${row.id} belongs to another user`);
    for (const id of ids) if (byId.get(id)?.title !== title) lost.push(`task ${id}, acknowledged with 201, is missing`);
    if (key !== undefined && ids.size === 0) unacknowledged.push(title);
  }
  for (const row of [...byTitle.values()].flat()) unexpected.push(`task ${row.id} was not sent by any user`);

  for (const [id, { acknowledged, uncertain }] of descriptions) {
    const row = byId.get(id);
    if (row !== undefined && row.description !== acknowledged && row.description !== uncertain) {
      lost.push(`an update of task ${id}, acknowledged with 200, is missing`);
    }
  }
  return { lost, doubled, unexpected, unacknowledged };
}

import type { ColumnType, Generated } from 'kysely';

export const PRIORITIES = ['high', 'medium', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Written once, by whoever inserts the row. */
type Fixed<T> = ColumnType<T, T, never>;
/** Asked for as text (see text.ts). */
type SetByDatabase = ColumnType<string, never, never>;

export type TaskTable = {
  id: Generated<number>;
  user_id: Fixed<string>;
  title: string;
  description: string | null;
  completed: Generated<boolean>;
  priority: Generated<Priority>;
  created_at: SetByDatabase;
  updated_at: ColumnType<string, never, string>;
};

export type TagTable = {
  id: Generated<number>;
  user_id: Fixed<string>;
  name: Fixed<string>;
};

/** Both keys are foreign ones that include the owner: no row can join two users. */
export type TaskTagTable = {
  user_id: Fixed<string>;
  task_id: Fixed<number>;
  tag_id: Fixed<number>;
};

/** Kept by triggers of the tasks. */
export type TaskCountTable = { user_id: Fixed<string>; tasks: ColumnType<number, never, never> };

export type IdempotencyKeyTable = {
  user_id: Fixed<string>;
  key: Fixed<string>;
  /** Of the request the key came with. */
  fingerprint: string;
  /** What was answered; null only within the transaction that works it out. */
  answer: ColumnType<unknown, never, string | null>;
  created_at: ColumnType<string, never, string>;
};

export type Schema = {
  tasks: TaskTable;
  tags: TagTable;
  task_tags: TaskTagTable;
  task_counts: TaskCountTable;
  idempotency_keys: IdempotencyKeyTable;
};

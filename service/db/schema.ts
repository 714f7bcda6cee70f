import type { ColumnType, Generated } from 'kysely';

export const PRIORITIES = ['high', 'medium', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Written only by the insertion. */
type Fixed<T> = ColumnType<T, T, never>;
/** Selected as text (see text.ts). */
type SetByDatabase = ColumnType<string, never, never>;

export type Schema = {
  tasks: {
    id: Generated<number>;
    user_id: Fixed<string>;
    title: string;
    description: string | null;
    completed: Generated<boolean>;
    priority: Generated<Priority>;
    created_at: SetByDatabase;
    updated_at: ColumnType<string, never, string>;
  };
  tags: { id: Generated<number>; user_id: Fixed<string>; name: Fixed<string> };
  /** Both foreign keys include the owner, so no row can join objects of two users. */
  task_tags: { user_id: Fixed<string>; task_id: Fixed<number>; tag_id: Fixed<number> };
  /** Maintained by triggers of `tasks`. */
  task_counts: { user_id: Fixed<string>; tasks: ColumnType<number, never, never> };
  idempotency_keys: {
    user_id: Fixed<string>;
    key: Fixed<string>;
    /** Digest of the request. */
    fingerprint: string;
    /** The result of the operation; null only within its transaction. */
    answer: ColumnType<unknown, never, string | null>;
    created_at: ColumnType<string, never, string>;
  };
};

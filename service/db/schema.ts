import type { ColumnType, Generated } from 'kysely';

export const PRIORITIES = ['high', 'medium', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Times leave the driver as RFC 3339 text (see pool.ts). */
type SetByDatabase = ColumnType<string, never, never>;

export type TaskTable = {
  id: Generated<number>;
  user_id: ColumnType<string, string, never>;
  title: string;
  description: string | null;
  completed: Generated<boolean>;
  priority: Generated<Priority>;
  created_at: SetByDatabase;
  updated_at: ColumnType<string, never, string>;
};

export type Schema = { tasks: TaskTable };

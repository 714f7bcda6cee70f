import { type ExpressionBuilder, type ExpressionWrapper, type SqlBool, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { PRIORITIES, type Schema } from '../db/schema.ts';
import type { NewTask, Task, TaskChanges, TaskFilter, TaskPage } from './schema.ts';

const COLUMNS = ['id', 'user_id', 'title', 'description', 'completed', 'priority', 'created_at', 'updated_at'] as const;

/** One page of the owner's tasks; `total` counts all that match. */
export async function listTasks(db: Db, ownerId: string, filter: TaskFilter): Promise<TaskPage> {
  const matching = db.selectFrom('tasks').where((eb) => matches(eb, ownerId, filter));
  const sortKey =
    filter.sort_by === 'priority'
      ? sql<number>`array_position(${sql.lit(`{${PRIORITIES.toReversed().join(',')}}`)}::text[], priority)`
      : sql.ref(filter.sort_by);
  const [tasks, { total }] = await Promise.all([
    matching
      .select(COLUMNS)
      .orderBy(sortKey, filter.sort_order)
      .orderBy('id', filter.sort_order)
      .limit(filter.per_page)
      .offset((filter.page - 1) * filter.per_page)
      .execute(),
    matching.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow(),
  ]);
  return { tasks, total: Number(total), page: filter.page, per_page: filter.per_page };
}

export async function createTask(db: Db, ownerId: string, values: NewTask): Promise<Task> {
  return db
    .insertInto('tasks')
    .values({ ...values, user_id: ownerId })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
}

export async function readTask(db: Db, ownerId: string, id: number): Promise<Task | undefined> {
  return db.selectFrom('tasks').select(COLUMNS).where('id', '=', id).where('user_id', '=', ownerId).executeTakeFirst();
}

export async function updateTask(db: Db, ownerId: string, id: number, changes: TaskChanges): Promise<Task | undefined> {
  return db
    .updateTable('tasks')
    .set({ ...defined(changes), updated_at: sql<string>`clock_timestamp()` })
    .where('id', '=', id)
    .where('user_id', '=', ownerId)
    .returning(COLUMNS)
    .executeTakeFirst();
}

export async function toggleTask(db: Db, ownerId: string, id: number): Promise<Task | undefined> {
  return db
    .updateTable('tasks')
    .set((eb) => ({ completed: eb.not('completed'), updated_at: sql<string>`clock_timestamp()` }))
    .where('id', '=', id)
    .where('user_id', '=', ownerId)
    .returning(COLUMNS)
    .executeTakeFirst();
}

/** Answers whether there was such a task. */
export async function deleteTask(db: Db, ownerId: string, id: number): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('tasks').where('id', '=', id).where('user_id', '=', ownerId).executeTakeFirst();
  return numDeletedRows > 0n;
}

function matches(eb: ExpressionBuilder<Schema, 'tasks'>, ownerId: string, filter: TaskFilter): ExpressionWrapper<Schema, 'tasks', SqlBool> {
  const conditions = [eb('user_id', '=', ownerId)];
  if (filter.completed !== undefined) conditions.push(eb('completed', '=', filter.completed));
  if (filter.priority !== undefined) conditions.push(eb('priority', 'in', filter.priority));
  if (filter.search !== undefined) {
    const pattern = `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`;
    conditions.push(eb.or([eb('title', 'ilike', pattern), eb('description', 'ilike', pattern)]));
  }
  return eb.and(conditions);
}

/** Drops absent fields, which exactOptionalPropertyTypes tells apart from undefined ones. */
function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

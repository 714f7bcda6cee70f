import { type ExpressionBuilder, type ExpressionWrapper, type RawBuilder, type SqlBool, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { Db } from '../db/database.ts';
import { readPage } from '../db/page.ts';
import { PRIORITIES, type Schema } from '../db/schema.ts';
import { containing, inDictionaryOrder } from '../db/text.ts';
import { invalid } from '../errors.ts';
import { findTags } from '../tags/queries.ts';
import type { Tag } from '../tags/schema.ts';
import type { NewTask, Task, TaskChanges, TaskFilter, TaskPage } from './schema.ts';

/** One page of the owner's tasks; `total` counts all that match. */
export async function listTasks(db: Db, ownerId: string, filter: TaskFilter): Promise<TaskPage> {
  const matching = db
    .selectFrom('tasks')
    .select(asTask)
    .where((eb) => matches(eb, ownerId, filter))
    .orderBy(sortKey(filter.sort_by), filter.sort_order)
    .orderBy('id', filter.sort_order);
  const { rows, total } = await readPage(matching, filter);
  return { tasks: rows, total, page: filter.page, per_page: filter.per_page };
}

/** @throws {Problem} 422 when a tag is not one of the owner's */
export async function createTask(db: Db, ownerId: string, { tag_ids, ...values }: NewTask): Promise<Task> {
  return atomically(tag_ids.length > 0, db, async (transaction) => {
    const tags = await ownTags(transaction, ownerId, tag_ids);
    const task = await transaction
      .insertInto('tasks')
      .values({ ...values, user_id: ownerId })
      .returning(asTask)
      .executeTakeFirstOrThrow();
    await attachTags(transaction, ownerId, task.id, tags);
    return { ...task, tags };
  });
}

export async function readTask(db: Db, ownerId: string, id: number): Promise<Task | undefined> {
  return db.selectFrom('tasks').select(asTask).where('id', '=', id).where('user_id', '=', ownerId).executeTakeFirst();
}

/** @throws {Problem} 422 when a tag is not one of the owner's */
export async function updateTask(db: Db, ownerId: string, id: number, { tag_ids, ...changes }: TaskChanges): Promise<Task | undefined> {
  return atomically(tag_ids !== undefined, db, async (transaction) => {
    // Locks the task, so that two changes of its tags come one after the other.
    const task = await transaction
      .updateTable('tasks')
      .set({ ...defined(changes), updated_at: sql<string>`clock_timestamp()` })
      .where('id', '=', id)
      .where('user_id', '=', ownerId)
      .returning(asTask)
      .executeTakeFirst();
    if (task === undefined || tag_ids === undefined) return task;
    const tags = await ownTags(transaction, ownerId, tag_ids);
    await transaction.deleteFrom('task_tags').where('task_id', '=', id).where('user_id', '=', ownerId).execute();
    await attachTags(transaction, ownerId, id, tags);
    return { ...task, tags };
  });
}

export async function toggleTask(db: Db, ownerId: string, id: number): Promise<Task | undefined> {
  return db
    .updateTable('tasks')
    .set((eb) => ({ completed: eb.not('completed'), updated_at: sql<string>`clock_timestamp()` }))
    .where('id', '=', id)
    .where('user_id', '=', ownerId)
    .returning(asTask)
    .executeTakeFirst();
}

/** Answers whether there was such a task. */
export async function deleteTask(db: Db, ownerId: string, id: number): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('tasks').where('id', '=', id).where('user_id', '=', ownerId).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** The columns of the answer, the task's tags among them. */
function asTask(eb: ExpressionBuilder<Schema, 'tasks'>) {
  const tags = eb
    .selectFrom('task_tags')
    .innerJoin('tags', 'tags.id', 'task_tags.tag_id')
    .select(['tags.id', 'tags.user_id', 'tags.name'])
    .whereRef('task_tags.task_id', '=', 'tasks.id')
    .orderBy(inDictionaryOrder('tags.name'));
  return [
    'tasks.id',
    'tasks.user_id',
    'tasks.title',
    'tasks.description',
    'tasks.completed',
    'tasks.priority',
    jsonArrayFrom(tags).as('tags'),
    'tasks.created_at',
    'tasks.updated_at',
  ] as const;
}

function sortKey(key: TaskFilter['sort_by']): RawBuilder<unknown> {
  if (key === 'title') return inDictionaryOrder('title');
  return key === 'priority' ? sql`array_position(${sql.lit(`{${PRIORITIES.toReversed().join(',')}}`)}::text[], priority)` : sql.ref(key);
}

function matches(eb: ExpressionBuilder<Schema, 'tasks'>, ownerId: string, filter: TaskFilter): ExpressionWrapper<Schema, 'tasks', SqlBool> {
  const conditions: ExpressionWrapper<Schema, 'tasks', SqlBool>[] = [eb('user_id', '=', ownerId)];
  if (filter.completed !== undefined) conditions.push(eb('completed', '=', filter.completed));
  if (filter.priority !== undefined) conditions.push(eb('priority', 'in', filter.priority));
  if (filter.search !== undefined) {
    const pattern = containing(filter.search);
    conditions.push(eb.or([eb('title', 'ilike', pattern), eb('description', 'ilike', pattern)]));
  }
  const tagIds = [...(filter.tag_ids ?? []), ...(filter.tag_id === undefined ? [] : [filter.tag_id])];
  if (tagIds.length > 0) {
    const tagged = eb.selectFrom('task_tags').select('task_id').where('task_tags.user_id', '=', ownerId).where('tag_id', 'in', tagIds);
    conditions.push(eb('tasks.id', 'in', tagged));
  }
  return eb.and(conditions);
}

/** @throws {Problem} 422 that points at each id which is no tag of the owner's */
async function ownTags(db: Db, ownerId: string, ids: readonly number[]): Promise<Tag[]> {
  const tags = await findTags(db, ownerId, ids);
  const own = new Set(tags.map(({ id }) => id));
  const foreign = ids.flatMap((id, index) => (own.has(id) ? [] : [index]));
  if (foreign.length === 0) return tags;
  throw invalid(foreign.map((index) => ({ in: 'body', pointer: `/tag_ids/${index}`, detail: 'is none of your tags' })));
}

async function attachTags(db: Db, ownerId: string, taskId: number, tags: readonly Tag[]): Promise<void> {
  if (tags.length === 0) return;
  await db
    .insertInto('task_tags')
    .values(tags.map(({ id }) => ({ user_id: ownerId, task_id: taskId, tag_id: id })))
    .execute();
}

async function atomically<T>(several: boolean, db: Db, work: (db: Db) => Promise<T>): Promise<T> {
  return several && !db.isTransaction ? db.transaction().execute(work) : work(db);
}

/** Drops absent fields, which exactOptionalPropertyTypes tells apart from undefined ones. */
function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

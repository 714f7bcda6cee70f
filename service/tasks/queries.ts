import { type AliasedRawBuilder, type ExpressionBuilder, type ExpressionWrapper, type RawBuilder, type SqlBool, sql } from 'kysely';
import { jsonArrayFrom, jsonBuildObject } from 'kysely/helpers/postgres';
import type { Db } from '../db/database.ts';
import { asJson, selectPage, type Window, windowOf } from '../db/page.ts';
import { prepare } from '../db/prepared.ts';
import { PRIORITIES, type Priority, type Schema } from '../db/schema.ts';
import { asRfc3339, containing, hasTrigram, inDictionaryOrder, type Json } from '../db/text.ts';
import { findTags } from '../tags/queries.ts';
import type { Tag } from '../tags/schema.ts';
import type { NewTask, Task, TaskChanges, TaskFilter, TaskPage } from './schema.ts';

/** Which of the owner's tasks are listed. */
type Criteria = {
  ownerId: string;
  completed: boolean | undefined;
  priority: Priority[] | undefined;
  pattern: string | undefined;
  /** Of a text without a trigram, which the index cannot find. */
  unindexedPattern: string | undefined;
  tagIds: number[] | undefined;
};

type OneTask = { ownerId: string; id: number };

type Order = Pick<TaskFilter, 'sort_by' | 'sort_order'>;

const pageOfTasks = prepare((db, { limit, offset, ...criteria }: Criteria & Window, { sort_by, sort_order }: Order) => {
  const matching = db.selectFrom('tasks').where((eb) => matches(eb, criteria));
  const { ownerId, ...filters } = criteria;
  const isFiltered = Object.values(filters).some((filter) => filter !== undefined);
  const page = matching
    .select((eb) => taskJson(eb).as('item'))
    .orderBy(sortKey(sort_by), sort_order)
    .orderBy('id', sort_order)
    .limit(limit)
    .offset(offset);
  const countOfAll = db.selectFrom('task_counts').select('tasks').where('user_id', '=', ownerId);
  return selectPage(db, page, { limit, offset }, isFiltered ? matching.select((eb) => eb.fn.countAll().as('total')) : countOfAll);
});

/** Some ids do not refer to one of the owner's tags. */
export class UnknownTagsError extends Error {
  /** Where these ids are in the list. */
  readonly indexes: readonly number[];

  constructor(indexes: readonly number[]) {
    super('Unknown tags');
    this.indexes = indexes;
  }
}

/** One page of the owner's tasks; `total` counts all that match. */
export async function listTasks(db: Db, ownerId: string, filter: TaskFilter): Promise<Json<TaskPage>> {
  const { completed, priority, search, sort_by, sort_order, page, per_page } = filter;
  const tagIds = [...(filter.tag_ids ?? []), ...(filter.tag_id === undefined ? [] : [filter.tag_id])];
  const criteria: Criteria = {
    ownerId,
    completed,
    priority,
    ...patternsOf(search),
    tagIds: tagIds.length === 0 ? undefined : tagIds,
  };
  return asJson('tasks', { page, per_page }, await pageOfTasks(db, { ...criteria, ...windowOf(filter) }, { sort_by, sort_order }));
}

const insert = prepare((db, { ownerId, ...values }: Omit<NewTask, 'tag_ids'> & Pick<OneTask, 'ownerId'>) =>
  db
    .insertInto('tasks')
    .values({ ...values, user_id: ownerId })
    .returning(asTask),
);

/** @throws {UnknownTagsError} */
export async function createTask(db: Db, ownerId: string, { tag_ids, ...values }: NewTask): Promise<Task> {
  return inTransaction(tag_ids.length > 0, db, async (transaction) => {
    const tags = await requireOwnTags(transaction, ownerId, tag_ids);
    const [inserted] = await insert(transaction, { ...values, ownerId });
    if (inserted === undefined) throw new Error('The insertion returned no row');
    await attachTags(transaction, ownerId, inserted.task.id, tags);
    return { ...inserted.task, tags };
  });
}

const select = prepare((db, { ownerId, id }: OneTask) => db.selectFrom('tasks').select(asTask).where('id', '=', id).where('user_id', '=', ownerId));

export async function readTask(db: Db, ownerId: string, id: number): Promise<Task | undefined> {
  const [found] = await select(db, { ownerId, id });
  return found?.task;
}

const update = prepare((db, { ownerId, id, ...changes }: Omit<TaskChanges, 'tag_ids'> & OneTask) =>
  db
    .updateTable('tasks')
    .set({ ...changes, updated_at: sql<string>`clock_timestamp()` })
    .where('id', '=', id)
    .where('user_id', '=', ownerId)
    .returning(asTask),
);

/** @throws {UnknownTagsError} */
export async function updateTask(db: Db, ownerId: string, id: number, { tag_ids, ...changes }: TaskChanges): Promise<Task | undefined> {
  return inTransaction(tag_ids !== undefined, db, async (transaction) => {
    // Locks the task, so that concurrent changes of its tags run one after the other.
    const [updated] = await update(transaction, { ...changes, ownerId, id });
    if (updated === undefined || tag_ids === undefined) return updated?.task;
    const tags = await requireOwnTags(transaction, ownerId, tag_ids);
    await transaction.deleteFrom('task_tags').where('task_id', '=', id).where('user_id', '=', ownerId).execute();
    await attachTags(transaction, ownerId, id, tags);
    return { ...updated.task, tags };
  });
}

const toggle = prepare((db, { ownerId, id }: OneTask) =>
  db
    .updateTable('tasks')
    .set((eb) => ({ completed: eb.not('completed'), updated_at: sql<string>`clock_timestamp()` }))
    .where('id', '=', id)
    .where('user_id', '=', ownerId)
    .returning(asTask),
);

export async function toggleTask(db: Db, ownerId: string, id: number): Promise<Task | undefined> {
  const [toggled] = await toggle(db, { ownerId, id });
  return toggled?.task;
}

/** @returns whether there was such a task */
export async function deleteTask(db: Db, ownerId: string, id: number): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('tasks').where('id', '=', id).where('user_id', '=', ownerId).executeTakeFirst();
  return numDeletedRows > 0n;
}

function asTask(eb: ExpressionBuilder<Schema, 'tasks'>): AliasedRawBuilder<Task, 'task'> {
  return taskJson(eb).as('task');
}

/** The task as the API returns it, with its tags. */
function taskJson(eb: ExpressionBuilder<Schema, 'tasks'>): RawBuilder<Task> {
  const tags = eb
    .selectFrom('task_tags')
    .innerJoin('tags', 'tags.id', 'task_tags.tag_id')
    .select(['tags.id', 'tags.user_id', 'tags.name'])
    .whereRef('task_tags.task_id', '=', 'tasks.id')
    .orderBy(inDictionaryOrder('tags.name'));
  return jsonBuildObject({
    id: eb.ref('tasks.id'),
    user_id: eb.ref('tasks.user_id'),
    title: eb.ref('tasks.title'),
    description: eb.ref('tasks.description'),
    completed: eb.ref('tasks.completed'),
    priority: eb.ref('tasks.priority'),
    tags: jsonArrayFrom(tags),
    created_at: asRfc3339('tasks.created_at'),
    updated_at: asRfc3339('tasks.updated_at'),
  });
}

function sortKey(key: TaskFilter['sort_by']): RawBuilder<unknown> {
  if (key === 'title') return inDictionaryOrder('title');
  return key === 'priority' ? sql`array_position(${sql.lit(`{${PRIORITIES.toReversed().join(',')}}`)}::text[], priority)` : sql.ref(key);
}

function matches(
  eb: ExpressionBuilder<Schema, 'tasks'>,
  { ownerId, completed, priority, pattern, unindexedPattern, tagIds }: Criteria,
): ExpressionWrapper<Schema, 'tasks', SqlBool> {
  const conditions: ExpressionWrapper<Schema, 'tasks', SqlBool>[] = [eb('user_id', '=', ownerId)];
  if (completed !== undefined) conditions.push(eb('completed', '=', completed));
  if (priority !== undefined) conditions.push(eb('priority', '=', eb.fn.any(eb.val(priority))));
  if (pattern !== undefined) conditions.push(eb.or([eb('title', 'ilike', pattern), eb('description', 'ilike', pattern)]));
  if (unindexedPattern !== undefined)
    conditions.push(eb.or([eb(withoutIndex('title'), 'ilike', unindexedPattern), eb(withoutIndex('description'), 'ilike', unindexedPattern)]));
  if (tagIds !== undefined) {
    const tagged = eb
      .selectFrom('task_tags')
      .select('task_id')
      .where('task_tags.user_id', '=', ownerId)
      .where('tag_id', '=', (tag) => tag.fn.any(tag.val(tagIds)));
    conditions.push(eb('tasks.id', 'in', tagged));
  }
  return eb.and(conditions);
}

function patternsOf(search: string | undefined): Pick<Criteria, 'pattern' | 'unindexedPattern'> {
  if (search === undefined) return { pattern: undefined, unindexedPattern: undefined };
  return hasTrigram(search)
    ? { pattern: containing(search), unindexedPattern: undefined }
    : { pattern: undefined, unindexedPattern: containing(search) };
}

/** An expression that is not indexed: for a text without a trigram PostgreSQL would read the whole index, with the tasks of all users. */
function withoutIndex(column: 'title' | 'description'): RawBuilder<string> {
  return sql<string>`${sql.ref(column)} || ''`;
}

/** @throws {UnknownTagsError} */
async function requireOwnTags(db: Db, ownerId: string, ids: readonly number[]): Promise<Tag[]> {
  const tags = await findTags(db, ownerId, ids);
  const own = new Set(tags.map(({ id }) => id));
  const unknown = ids.flatMap((id, index) => (own.has(id) ? [] : [index]));
  if (unknown.length > 0) throw new UnknownTagsError(unknown);
  return tags;
}

async function attachTags(db: Db, ownerId: string, taskId: number, tags: readonly Tag[]): Promise<void> {
  if (tags.length === 0) return;
  await db
    .insertInto('task_tags')
    .values(tags.map(({ id }) => ({ user_id: ownerId, task_id: taskId, tag_id: id })))
    .execute();
}

async function inTransaction<T>(isNeeded: boolean, db: Db, work: (db: Db) => Promise<T>): Promise<T> {
  return isNeeded && !db.isTransaction ? db.transaction().execute(work) : work(db);
}

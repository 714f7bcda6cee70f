import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** In order of their names. Never change one that has been released: add another. */
export const migrations: Record<string, Migration> = {
  '0001_tasks': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('tasks')
        .addColumn('id', 'integer', (column) => column.generatedAlwaysAsIdentity().primaryKey())
        .addColumn('user_id', 'text', (column) => column.notNull())
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('description', 'text')
        .addColumn('completed', 'boolean', (column) => column.notNull().defaultTo(false))
        .addColumn('priority', 'text', (column) => column.notNull().defaultTo('medium'))
        .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
        .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
        .addCheckConstraint('tasks_title_length', sql`char_length(title) between 1 and 200`)
        .addCheckConstraint('tasks_description_length', sql`char_length(description) <= 1000`)
        .addCheckConstraint('tasks_priority', sql`priority in ('high', 'medium', 'low')`)
        .execute();
      await db.schema.createIndex('tasks_user_id_created_at').on('tasks').columns(['user_id', 'created_at desc', 'id desc']).execute();
    },
  },

  // Neon drops these limits as startup parameters; as defaults of the role they also apply through its pooler.
  '0002_time_limits': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const [name, value] of [
        ['statement_timeout', '8s'],
        ['lock_timeout', '4s'],
        ['idle_in_transaction_session_timeout', '10s'],
      ] as const) {
        await sql`
          do $$ begin
            execute format('alter role %I in database %I set ${sql.raw(name)} = %L', current_user, current_database(), ${sql.lit(value)});
          end $$`.execute(db);
      }
    },
  },

  // Both foreign keys include the owner, so that the database rejects another tenant's tag on a task.
  '0003_tags': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('tags')
        .addColumn('id', 'integer', (column) => column.generatedAlwaysAsIdentity().primaryKey())
        .addColumn('user_id', 'text', (column) => column.notNull())
        // By code point, so that the unique index also finds names by prefix.
        .addColumn('name', sql`text collate "C"`, (column) => column.notNull())
        .addUniqueConstraint('tags_user_id_name', ['user_id', 'name'])
        .addUniqueConstraint('tags_user_id_id', ['user_id', 'id'])
        .addCheckConstraint('tags_name_length', sql`char_length(name) between 1 and 50`)
        .execute();
      await db.schema.alterTable('tasks').addUniqueConstraint('tasks_user_id_id', ['user_id', 'id']).execute();
      await db.schema
        .createTable('task_tags')
        .addColumn('user_id', 'text', (column) => column.notNull())
        .addColumn('task_id', 'integer', (column) => column.notNull())
        .addColumn('tag_id', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('task_tags_pkey', ['task_id', 'tag_id'])
        .addForeignKeyConstraint('task_tags_task', ['user_id', 'task_id'], 'tasks', ['user_id', 'id'], (key) => key.onDelete('cascade'))
        .addForeignKeyConstraint('task_tags_tag', ['user_id', 'tag_id'], 'tags', ['user_id', 'id'], (key) => key.onDelete('cascade'))
        .execute();
      await db.schema.createIndex('task_tags_tag_id').on('task_tags').columns(['tag_id', 'task_id']).execute();
    },
  },

  '0004_idempotency_keys': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('idempotency_keys')
        .addColumn('user_id', 'text', (column) => column.notNull())
        .addColumn('key', 'text', (column) => column.notNull())
        .addColumn('fingerprint', 'text', (column) => column.notNull())
        .addColumn('answer', 'json')
        .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
        .addPrimaryKeyConstraint('idempotency_keys_pkey', ['user_id', 'key'])
        .execute();
      await db.schema.createIndex('idempotency_keys_created_at').on('idempotency_keys').columns(['created_at']).execute();
    },
  },

  // Lists report a total: counting the tasks of an owner who has very many takes longer than reading a page of them.
  '0005_task_counts': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('task_counts')
        .addColumn('user_id', 'text', (column) => column.primaryKey())
        .addColumn('tasks', 'integer', (column) => column.notNull())
        .execute();
      // Ordered by owner, so that two statements cannot deadlock.
      await sql`
        create function count_tasks() returns trigger language plpgsql as $$
          begin
            insert into task_counts (user_id, tasks)
              select user_id, case tg_op when 'INSERT' then count(*) else -count(*) end from changed group by user_id order by user_id
              on conflict (user_id) do update set tasks = task_counts.tasks + excluded.tasks;
            return null;
          end $$`.execute(db);
      await sql`create trigger tasks_inserted after insert on tasks referencing new table as changed execute function count_tasks()`.execute(db);
      await sql`create trigger tasks_deleted after delete on tasks referencing old table as changed execute function count_tasks()`.execute(db);
      // The triggers' lock blocks writers until all rows are counted.
      await sql`insert into task_counts (user_id, tasks) select user_id, count(*) from tasks group by user_id`.execute(db);
    },
  },

  // A search reads the tasks of its owner that have the trigrams of its text. Both extensions are trusted: the database's owner may create them.
  '0006_task_search': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const extension of ['pg_trgm', 'btree_gin']) await sql`create extension if not exists ${sql.id(extension)}`.execute(db);
      // GIN appends new rows to a list (limit in kB) that each search scans. With the default of 4 MB the planner avoids the index after many writes.
      await sql`
        create index tasks_search on tasks using gin (user_id, title gin_trgm_ops, description gin_trgm_ops)
          with (gin_pending_list_limit = 128)`.execute(db);
    },
  },
};

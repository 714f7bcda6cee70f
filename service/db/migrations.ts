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

  // Neon drops these limits when they travel as startup parameters; as defaults of the role they hold through its pooler.
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
};

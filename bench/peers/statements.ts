/** For the peers without a query builder. Each statement covers one user's tasks; the user is always $1. */

const COLUMNS = `tasks.id, tasks.user_id, title, description, completed, priority, created_at, updated_at,
  (select coalesce(json_agg(json_build_object('id', tags.id, 'user_id', tags.user_id, 'name', tags.name) order by tags.name), '[]')
   from task_tags join tags on tags.id = task_tags.tag_id where task_tags.task_id = tasks.id) as tags`;

/** $2 rows after the first $3. */
export const LIST = `select ${COLUMNS} from tasks where user_id = $1 order by created_at desc, id desc limit $2 offset $3`;

export const COUNT = 'select count(*)::int as total from tasks where user_id = $1';

/** Page and total in one statement; a page without rows has no total. */
export const LIST_WITH_TOTAL = `select ${COLUMNS}, (${COUNT}) as total
  from tasks where user_id = $1 order by created_at desc, id desc limit $2 offset $3`;

export const READ = `select ${COLUMNS} from tasks where user_id = $1 and id = $2`;

/** $2 title, $3 description, $4 priority. */
export const CREATE = `insert into tasks (user_id, title, description, priority) values ($1, $2, $3, $4) returning ${COLUMNS}`;

/** $2 the task; $3 title, $4 completed, $5 priority, null for no change; $6 whether $7 is a new description. */
export const UPDATE = `update tasks set title = coalesce($3, title), completed = coalesce($4, completed), priority = coalesce($5, priority),
  description = case when $6::boolean then $7 else description end, updated_at = clock_timestamp()
  where user_id = $1 and id = $2 returning ${COLUMNS}`;

import * as z from 'zod/v4';
import { PRIORITIES } from '../db/schema.ts';

// Numbers and flags arrive as text in paths and queries; Number() alone would also read 0x10, 1e3 and blanks.
const integer = (min: number, max: number) =>
  z.preprocess((value) => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value), z.int().min(min).max(max));
const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

/** Ids are PostgreSQL integers. */
export const taskPath = z.object({ id: integer(1, 2_147_483_647).meta({ description: 'Id of the task' }) });

// NUL cannot be stored in PostgreSQL text.
const text = z.string().regex(/^[^\0]*$/, 'must not contain NUL');
const title = text.trim().min(1).max(200);
const description = text.max(1_000).nullable();
const priority = z.enum(PRIORITIES);

export const task = z
  .strictObject({
    id: z.int(),
    user_id: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    completed: z.boolean(),
    priority,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Task' });

export const newTask = z
  .strictObject({
    title,
    description: description.default(null),
    priority: priority.default('medium'),
  })
  .meta({ id: 'NewTask', examples: [{ title: 'Buy milk', description: 'Two litres', priority: 'high' }] });

export const taskChanges = z
  .strictObject({ title, description, completed: z.boolean(), priority })
  .partial()
  .meta({ id: 'TaskChanges', examples: [{ title: 'Buy oat milk', completed: true }] });

const priorityList = z
  .string()
  .transform((list) => list.split(','))
  .pipe(z.array(priority).max(PRIORITIES.length));

export const taskFilter = z.object({
  completed: flag.optional(),
  priority: priorityList.optional().meta({ description: `Comma list of ${PRIORITIES.join(', ')}` }),
  search: text.max(200).optional().meta({ description: 'Text that title or description contains, any case' }),
  sort_by: z.enum(['created_at', 'updated_at', 'title', 'priority']).default('created_at'),
  sort_order: z.enum(['asc', 'desc']).default('desc'),
  page: integer(1, 1_000_000).default(1),
  per_page: integer(1, 100).default(20),
});

export const taskPage = z.strictObject({ tasks: z.array(task), total: z.int(), page: z.int(), per_page: z.int() }).meta({ id: 'TaskPage' });

export type Task = z.infer<typeof task>;
export type NewTask = z.infer<typeof newTask>;
export type TaskChanges = z.infer<typeof taskChanges>;
export type TaskFilter = z.infer<typeof taskFilter>;
export type TaskPage = z.infer<typeof taskPage>;

import * as z from 'zod/v4';
import { PRIORITIES } from '../db/schema.ts';
import { tag } from '../tags/schema.ts';
import { flagText, integerText, listText, MAX_ID, name, pageParameters, text } from '../values.ts';

const MAX_TAGS = 50;

export const taskPath = z.object({ id: integerText(1, MAX_ID).meta({ description: 'Id of the task' }) });

const title = name(200);
const description = text(0, 1_000).nullable();
const priority = z.enum(PRIORITIES);
const tagIds = z.array(z.int().min(1).max(MAX_ID)).max(MAX_TAGS).meta({ description: "Ids of the caller's tags" });

export const task = z
  .strictObject({
    id: z.int(),
    user_id: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    completed: z.boolean(),
    priority,
    tags: z.array(tag),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Task' });

export const newTask = z
  .strictObject({
    title,
    description: description.default(null),
    priority: priority.default('medium'),
    tag_ids: tagIds.default([]),
  })
  .meta({ id: 'NewTask', examples: [{ title: 'Buy milk', description: 'Two litres', priority: 'high' }] });

export const taskChanges = z
  .strictObject({ title, description, completed: z.boolean(), priority, tag_ids: tagIds })
  .partial()
  .meta({ id: 'TaskChanges', examples: [{ title: 'Buy oat milk', completed: true }] });

const tagIdText = integerText(1, MAX_ID);

export const taskFilter = z.object({
  completed: flagText.optional(),
  priority: listText(priority, PRIORITIES.length).optional().meta({ description: 'Tasks with any of these priorities' }),
  tag_ids: listText(tagIdText, MAX_TAGS).optional().meta({ description: 'Tasks with any of these tags' }),
  tag_id: tagIdText.optional().meta({ description: 'Tasks with this tag' }),
  search: text(0, 200).optional().meta({ description: 'Text that the title or the description contains, in any case' }),
  sort_by: z.enum(['created_at', 'updated_at', 'title', 'priority']).default('created_at'),
  sort_order: z.enum(['asc', 'desc']).default('desc'),
  ...pageParameters,
});

export const taskPage = z.strictObject({ tasks: z.array(task), total: z.int(), page: z.int(), per_page: z.int() }).meta({ id: 'TaskPage' });

export type Task = z.infer<typeof task>;
export type NewTask = z.infer<typeof newTask>;
export type TaskChanges = z.infer<typeof taskChanges>;
export type TaskFilter = z.infer<typeof taskFilter>;
export type TaskPage = z.infer<typeof taskPage>;

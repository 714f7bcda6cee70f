import * as z from 'zod/v4';

/** For the peers that validate with zod. */
const content = {
  title: z.string().min(1).max(200),
  description: z.string().max(1_000).nullable(),
  priority: z.enum(['high', 'medium', 'low']),
};
const MAX_ID = 2_147_483_647;

export const newTask = z.strictObject({ ...content, description: content.description.default(null), priority: content.priority.default('medium') });
export const changes = z.strictObject({ ...content, completed: z.boolean() }).partial();
export const pageQuery = z.object({
  page: z.coerce.number().int().min(1).default(1),
  per_page: z.coerce.number().int().min(1).max(100).default(20),
});
export const path = z.object({ id: z.coerce.number().int().min(1).max(MAX_ID) });

import * as z from 'zod/v4';
import { integerText, MAX_ID, name, pageParameters, text } from '../values.ts';

/** The same word is the same tag, however it is typed. */
const inOneForm = (typed: z.ZodString): z.ZodString => typed.toLowerCase().normalize('NFC');
const tagName = name(50, inOneForm).meta({ description: 'Kept in lower case and NFC, without white space around it, and counted so' });

export const tagPath = z.object({ id: integerText(1, MAX_ID).meta({ description: 'Id of the tag' }) });

export const tag = z.strictObject({ id: z.int(), user_id: z.string(), name: z.string() }).meta({ id: 'Tag' });

export const newTag = z.strictObject({ name: tagName }).meta({ id: 'NewTag', examples: [{ name: 'errands' }] });

export const tagPageQuery = z.object(pageParameters);

export const tagPage = z.strictObject({ tags: z.array(tag), total: z.int(), page: z.int(), per_page: z.int() }).meta({ id: 'TagPage' });

export const tagPrefix = z.object({
  q: text(0, 50, inOneForm).default('').meta({ description: 'What the name begins with, any case' }),
  limit: integerText(1, 50).default(10),
});

export const tagSuggestions = z.strictObject({ tags: z.array(tag) }).meta({ id: 'TagSuggestions' });

export type Tag = z.infer<typeof tag>;
export type NewTag = z.infer<typeof newTag>;
export type TagPageQuery = z.infer<typeof tagPageQuery>;
export type TagPage = z.infer<typeof tagPage>;
export type TagPrefix = z.infer<typeof tagPrefix>;

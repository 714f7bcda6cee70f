import * as z from 'zod/v4';
import { integerText, MAX_ID, name, pageParameters, text } from '../values.ts';

/** Different spellings of a name are the same tag. */
const normalized = (name: z.ZodString): z.ZodString => name.toLowerCase().normalize('NFC');
const tagName = name(50, normalized).meta({ description: 'Trimmed, lower-cased and normalized to NFC before its length is checked' });

export const tagPath = z.object({ id: integerText(1, MAX_ID).meta({ description: 'Id of the tag' }) });

export const tag = z.strictObject({ id: z.int(), user_id: z.string(), name: z.string() }).meta({ id: 'Tag' });

export const newTag = z.strictObject({ name: tagName }).meta({ id: 'NewTag', examples: [{ name: 'errands' }] });

export const tagPageQuery = z.object(pageParameters);

export const tagPage = z.strictObject({ tags: z.array(tag), total: z.int(), page: z.int(), per_page: z.int() }).meta({ id: 'TagPage' });

export const tagPrefix = z.object({
  q: text(0, 50, normalized).default('').meta({ description: 'Prefix of the name, in any case' }),
  limit: integerText(1, 50).default(10),
});

export const tagSuggestions = z.strictObject({ tags: z.array(tag) }).meta({ id: 'TagSuggestions' });

export type Tag = z.infer<typeof tag>;
export type NewTag = z.infer<typeof newTag>;
export type TagPageQuery = z.infer<typeof tagPageQuery>;
export type TagPage = z.infer<typeof tagPage>;
export type TagPrefix = z.infer<typeof tagPrefix>;

import { jsonBuildObject } from 'kysely/helpers/postgres';
import type { Db } from '../db/database.ts';
import { asJson, selectPage, type Window, windowOf } from '../db/page.ts';
import { prepare } from '../db/prepared.ts';
import { beginningWith, inDictionaryOrder, type Json } from '../db/text.ts';
import type { NewTag, Tag, TagPage, TagPageQuery, TagPrefix } from './schema.ts';

/** The owner already has a tag with this name. */
export class TagNameTakenError extends Error {}

const COLUMNS = ['id', 'user_id', 'name'] as const;

const pageOfTags = prepare((db, { ownerId, limit, offset }: { ownerId: string } & Window) => {
  const owned = db.selectFrom('tags').where('user_id', '=', ownerId);
  const page = owned
    .select((eb) => jsonBuildObject({ id: eb.ref('id'), user_id: eb.ref('user_id'), name: eb.ref('name') }).as('item'))
    .orderBy(inDictionaryOrder('name'))
    .limit(limit)
    .offset(offset);
  return selectPage(
    db,
    page,
    { limit, offset },
    owned.select((eb) => eb.fn.countAll().as('total')),
  );
});

/** One page of the owner's tags; `total` counts all. */
export async function listTags(db: Db, ownerId: string, query: TagPageQuery): Promise<Json<TagPage>> {
  return asJson('tags', query, await pageOfTags(db, { ownerId, ...windowOf(query) }));
}

/** The owner's first tags, by name, that begin with `q`. */
export async function suggestTags(db: Db, ownerId: string, { q, limit }: TagPrefix): Promise<Tag[]> {
  return db
    .selectFrom('tags')
    .select(COLUMNS)
    .where('user_id', '=', ownerId)
    .where('name', 'like', beginningWith(q))
    .orderBy(inDictionaryOrder('name'))
    .limit(limit)
    .execute();
}

/** @throws {TagNameTakenError} */
export async function createTag(db: Db, ownerId: string, { name }: NewTag): Promise<Tag> {
  const created = await db
    .insertInto('tags')
    .values({ user_id: ownerId, name })
    .onConflict((conflicting) => conflicting.columns(['user_id', 'name']).doNothing())
    .returning(COLUMNS)
    .executeTakeFirst();
  if (created === undefined) throw new TagNameTakenError();
  return created;
}

export async function readTag(db: Db, ownerId: string, id: number): Promise<Tag | undefined> {
  return db.selectFrom('tags').select(COLUMNS).where('id', '=', id).where('user_id', '=', ownerId).executeTakeFirst();
}

/** @returns whether there was such a tag, which is also removed from tasks */
export async function deleteTag(db: Db, ownerId: string, id: number): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('tags').where('id', '=', id).where('user_id', '=', ownerId).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** The owner's tags with these ids. */
export async function findTags(db: Db, ownerId: string, ids: readonly number[]): Promise<Tag[]> {
  if (ids.length === 0) return [];
  return db.selectFrom('tags').select(COLUMNS).where('user_id', '=', ownerId).where('id', 'in', ids).orderBy(inDictionaryOrder('name')).execute();
}

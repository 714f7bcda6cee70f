import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from './db/database.ts';

/** The key was sent with another request before. */
export class IdempotencyKeyReusedError extends Error {}

/** Results are stored for 24 hours. */
const EXPIRY = sql<string>`now() - interval '24 hours'`;
/** Expired rows, of any owner, that each insertion deletes. */
const DELETED_AT_ONCE = 20;

/**
 * Runs an operation once for each Idempotency-Key of an owner. For 24 hours the same request gets the stored result; concurrent
 * requests wait for it. draft-ietf-httpapi-idempotency-key-header-07
 * @param create runs in the transaction that stores the result
 * @throws {IdempotencyKeyReusedError}
 */
export async function runOnce<T>(db: Db, ownerId: string, key: string, request: unknown, create: (db: Db) => Promise<T>): Promise<T> {
  const fingerprint = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  return db.transaction().execute(async (transaction) => {
    if (await claimKey(transaction, ownerId, key, fingerprint)) {
      const result = await create(transaction);
      await transaction
        .updateTable('idempotency_keys')
        .set({ answer: JSON.stringify(result) })
        .where('user_id', '=', ownerId)
        .where('key', '=', key)
        .execute();
      return result;
    }
    const earlier = await transaction
      .selectFrom('idempotency_keys')
      .select(['fingerprint', 'answer'])
      .where('user_id', '=', ownerId)
      .where('key', '=', key)
      .executeTakeFirstOrThrow();
    if (earlier.fingerprint !== fingerprint) throw new IdempotencyKeyReusedError();
    return earlier.answer as T;
  });
}

/** Whether the key is new. The insertion waits for a transaction that inserts the same key, and locks the row. */
async function claimKey(db: Db, user_id: string, key: string, fingerprint: string): Promise<boolean> {
  const claimed = await db
    .with('deleted', (eb) =>
      eb.deleteFrom('idempotency_keys as old').where(({ eb: old, selectFrom }) =>
        old(
          sql`old.ctid`,
          'in',
          selectFrom('idempotency_keys as expired')
            .select(sql`expired.ctid`.as('ctid'))
            .where('created_at', '<', EXPIRY)
            .where((where) => where.not(where.and({ user_id, key })))
            .limit(DELETED_AT_ONCE)
            .forUpdate()
            .skipLocked(),
        ),
      ),
    )
    .insertInto('idempotency_keys')
    .values({ user_id, key, fingerprint })
    .onConflict((conflicting) =>
      conflicting
        .columns(['user_id', 'key'])
        .doUpdateSet({ fingerprint, answer: null, created_at: sql<string>`now()` })
        .where('idempotency_keys.created_at', '<', EXPIRY),
    )
    .returning('key')
    .executeTakeFirst();
  return claimed !== undefined;
}

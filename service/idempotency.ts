import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from './db/database.ts';

/** The key was sent with another request before. */
export class IdempotencyKeyReusedError extends Error {}

/** How long an answer is kept. */
const KEPT = sql<string>`now() - interval '24 hours'`;
/** Old answers of anybody that each new one takes away: more than one, so that none is left for long. */
const TIDIED_AT_ONCE = 20;

/**
 * Answers a request once for each Idempotency-Key of the owner: the same request gets the same answer for 24 h, and
 * whoever comes while it is being worked out waits for it. draft-ietf-httpapi-idempotency-key-header-07
 * @param create runs in the transaction that keeps the answer, so that both happen or neither
 * @throws {IdempotencyKeyReusedError}
 */
export async function answerOnce<T>(db: Db, ownerId: string, key: string, request: unknown, create: (db: Db) => Promise<T>): Promise<T> {
  const fingerprint = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  return db.transaction().execute(async (transaction) => {
    if (await claim(transaction, ownerId, key, fingerprint)) {
      const answer = await create(transaction);
      await transaction
        .updateTable('idempotency_keys')
        .set({ answer: JSON.stringify(answer) })
        .where('user_id', '=', ownerId)
        .where('key', '=', key)
        .execute();
      return answer;
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

/** Whether the key is new. The insertion waits for a transaction that is about to keep the same key, and locks a row that is kept. */
async function claim(db: Db, user_id: string, key: string, fingerprint: string): Promise<boolean> {
  const claimed = await db
    .with('tidied', (eb) =>
      eb.deleteFrom('idempotency_keys as old').where(({ eb: old, selectFrom }) =>
        old(
          sql`old.ctid`,
          'in',
          selectFrom('idempotency_keys as expired')
            .select(sql`expired.ctid`.as('ctid'))
            .where('created_at', '<', KEPT)
            .where((where) => where.not(where.and({ user_id, key })))
            .limit(TIDIED_AT_ONCE)
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
        .where('idempotency_keys.created_at', '<', KEPT),
    )
    .returning('key')
    .executeTakeFirst();
  return claimed !== undefined;
}

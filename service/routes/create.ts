import type { Request, Response } from 'express';
import * as z from 'zod/v4';
import type { Database, Db } from '../db/database.ts';
import { runOnce } from '../idempotency.ts';
import { parse, userIdOf } from './parse.ts';

/** A structured-header string (RFC 8941), or the same without quotes, as many clients send it. */
export const creationHeaders = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^(?:"[\x20\x21\x23-\x5b\x5d-\x7e]{1,255}"|[\x21\x23-\x5b\x5d-\x7e]{1,255})$/, 'must have 1 to 255 visible ASCII characters')
    .transform((key) => key.replace(/^"|"$/g, ''))
    .optional()
    .meta({ description: 'Makes the creation safe to retry: for 24 hours, the same key and body get the same response' }),
});

/** Creates an object of the caller; only once for each Idempotency-Key. */
export async function create<Values, Created>(
  { database, req, res }: { database: Database; req: Request; res: Response },
  values: Values,
  insert: (db: Db, ownerId: string, values: Values) => Promise<Created>,
): Promise<Created> {
  const userId = userIdOf(res);
  const { 'Idempotency-Key': key } = parse(creationHeaders, 'header', { 'Idempotency-Key': req.get('Idempotency-Key') });
  if (key === undefined) return database.write((db) => insert(db, userId, values));
  return database.write((db) => runOnce(db, userId, key, [req.route.path, values], (transaction) => insert(transaction, userId, values)), {
    idempotent: true,
  });
}

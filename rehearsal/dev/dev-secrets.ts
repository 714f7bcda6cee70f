import { readFile, writeFile } from 'node:fs/promises';
import * as z from 'zod/v4';
import { createSecret } from '../process/credentials.ts';

const devSecrets = z.object({ JWT_SECRET: z.string(), BETTER_AUTH_SECRET: z.string(), DATABASE_PASSWORD: z.string() });

/** Secrets for development in this clone only. */
export type DevSecrets = z.infer<typeof devSecrets>;

/**
 * Reads the file, or creates one with mode 0600.
 * @throws when the file was not written by this function
 */
export async function readOrCreateSecrets(file: string): Promise<DevSecrets> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) {
    const { data, error } = devSecrets.safeParse(JSON.parse(text));
    if (error) throw new Error(`${file} lacks a secret. Remove its directory to start afresh.`, { cause: error });
    return data;
  }
  const secrets = { JWT_SECRET: createSecret(), BETTER_AUTH_SECRET: createSecret(), DATABASE_PASSWORD: createSecret() };
  await writeFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return secrets;
}

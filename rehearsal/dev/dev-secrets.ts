import { readFile, writeFile } from 'node:fs/promises';
import { createSecret } from '../process/credentials.ts';

const NAMES = ['JWT_SECRET', 'BETTER_AUTH_SECRET', 'DATABASE_PASSWORD'] as const;

/** Secrets for development in this clone only. */
export type DevSecrets = Readonly<Record<(typeof NAMES)[number], string>>;

/**
 * Reads the file, or creates one with mode 0600.
 * @throws when the file was not written by this function
 */
export async function readOrCreateSecrets(file: string): Promise<DevSecrets> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) return parse(text, file);
  const secrets = { JWT_SECRET: createSecret(), BETTER_AUTH_SECRET: createSecret(), DATABASE_PASSWORD: createSecret() };
  await writeFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return secrets;
}

function parse(text: string, file: string): DevSecrets {
  const value: unknown = JSON.parse(text);
  if (!isSecrets(value)) throw new Error(`${file} lacks one of ${NAMES.join(', ')}. Remove its directory to start afresh.`);
  return value;
}

function isSecrets(value: unknown): value is DevSecrets {
  return (
    typeof value === 'object' && value !== null && NAMES.every((name) => typeof Object.entries(value).find(([key]) => key === name)?.[1] === 'string')
  );
}

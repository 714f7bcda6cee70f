import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { report } from '../process/progress.ts';
import { canReach, findAccount } from '../stand-ins/postgres/binaries.ts';

/**
 * The data directory of this clone's development database: in the clone, unless the account that runs PostgreSQL for root cannot
 * enter it; then below the system's temporary directory, under a name derived from the clone's path.
 * @param home the clone's directory for such data
 */
export async function findDataDirectory(home: string): Promise<string> {
  const account = await findAccount();
  await chmod(home, 0o711);
  if (await canReach(home, account)) return path.join(home, 'postgres');

  const name = createHash('sha256').update(home).digest('hex').slice(0, 12);
  const fallback = path.join(tmpdir(), `tasks-api-dev-${name}`);
  await mkdir(fallback, { recursive: true });
  const found = await lstat(fallback);
  // The name is predictable: another user may have created a link or a directory there.
  if (!found.isDirectory() || found.uid !== process.getuid?.()) throw new Error(`${fallback} belongs to another user. Remove it.`);
  await chmod(fallback, 0o711);
  if (!(await canReach(fallback, account)))
    throw new Error(`PostgreSQL does not run as root, and the account "nobody" can enter neither ${home} nor ${fallback}`);
  report(`the database is in ${fallback}, because the account that runs it cannot enter this clone`);
  return path.join(fallback, 'postgres');
}

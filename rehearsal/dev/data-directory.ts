import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { canReach, findAccount } from '../stand-ins/postgres/binaries.ts';
import { say } from '../process/progress.ts';

/**
 * Where the development database of this clone lives: in the clone, unless root works below a directory that the account
 * running PostgreSQL cannot enter; then below the system's temporary directory, under a name that belongs to the clone.
 * @param home the clone's own place for such data
 */
export async function findDataDirectory(home: string): Promise<string> {
  const account = await findAccount();
  await chmod(home, 0o711);
  if (await canReach(home, account)) return path.join(home, 'postgres');

  const name = createHash('sha256').update(home).digest('hex').slice(0, 12);
  const elsewhere = path.join(tmpdir(), `tasks-api-dev-${name}`);
  await mkdir(elsewhere, { recursive: true });
  const found = await lstat(elsewhere);
  // Anybody can guess the name: what a stranger has put there is not used.
  if (!found.isDirectory() || found.uid !== process.getuid?.()) throw new Error(`${elsewhere} belongs to somebody else: remove it`);
  await chmod(elsewhere, 0o711);
  if (!(await canReach(elsewhere, account)))
    throw new Error(`PostgreSQL cannot run as root, and the account nobody reaches neither ${home} nor ${elsewhere}`);
  say(`the database is kept in ${elsewhere}, since the account that runs it cannot enter this clone`);
  return path.join(elsewhere, 'postgres');
}

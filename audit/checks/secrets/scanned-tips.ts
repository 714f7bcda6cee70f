import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod/v4';
import { gitLines } from '../../gather/git.ts';
import { parseJson } from '../../model/json.ts';

/** The refs at the end of a scan that found nothing, and how many commits they reach. */
export type ScannedTips = z.infer<typeof scannedTips>;

const scannedTips = z.object({
  tips: z.array(z.string().regex(/^[0-9a-f]{40,64}$/)),
  commits: z.int().nonnegative(),
});

/** More would not fit into the arguments of git. */
const MOST_TIPS = 20_000;

/** Nothing where no scan has found nothing, or where git no longer has these objects. */
export async function readScannedTips(file: string | undefined): Promise<ScannedTips> {
  const nothing = { tips: [], commits: 0 };
  if (file === undefined) return nothing;
  try {
    const scanned = scannedTips.parse(parseJson(readFileSync(file, 'utf8')));
    await gitLines('rev-list', '--no-walk', '--quiet', ...scanned.tips);
    return scanned;
  } catch {
    return nothing;
  }
}

/** A file that cannot be written costs time only. */
export function storeScannedTips(file: string | undefined, scanned: ScannedTips): void {
  if (file === undefined || scanned.tips.length > MOST_TIPS) return;
  const created = `${file}-${randomBytes(8).toString('hex')}`;
  try {
    writeFileSync(created, JSON.stringify(scanned), { mode: 0o600, flag: 'wx' });
    renameSync(created, file);
  } catch {
    // The repository is read-only.
  }
}

/** What every ref and HEAD point to. */
export async function currentTips(): Promise<string[]> {
  return [
    ...new Set([
      ...(await gitLines('for-each-ref', '--format=%(objectname)')),
      ...(await gitLines('rev-parse', '--verify', '--quiet', 'HEAD').catch(() => [])),
    ]),
  ];
}

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { privatePath } from '../../contract/operations.ts';
import { openPath } from '../../contract/health.ts';
import { retryAfterOf } from '../../model/rate-limit.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';

/** The upper limit for Retry-After: a suspended database resumes within seconds. */
const LONGEST_WAKING_MS = 5_000;

export type WarmUpEvidence = {
  first: Exchange;
  ms: number;
  /** A private route without credentials, requested where health does not identify the API. */
  challenged?: Exchange;
  /** A random path without credentials, requested with the private route. */
  absent?: Exchange;
};

export const warmUpEvidence: Evidence<WarmUpEvidence> = { name: 'warm-up', area: 'preconditions', gather: gatherWarmUp };

/** The first request resumes a suspended database. Health is requested again where that takes longer than its deadline. */
export async function gatherWarmUp({ contract, http }: Pick<GatherContext, 'contract' | 'http'>): Promise<WarmUpEvidence> {
  const at = Date.now();
  const request = (purpose: string, path = openPath(contract)): Promise<Exchange> => http.send({ actor: 'anonymous', purpose, path });
  let first = await request('identify the API');
  if (first.response?.status === 503) {
    const seconds = retryAfterOf(first.response) ?? 1;
    await sleep(Math.min(seconds * 1_000, LONGEST_WAKING_MS));
    first = await request('identify the API after waiting for its database');
  }
  const names = Object.keys(contract.health?.properties ?? {});
  const known = names.filter((name) => first.response?.body.includes(`"${name}"`)).length;
  const isHealth = [200, 503].includes(first.response?.status ?? 0) && known > 0 && known >= Math.min(2, names.length);
  const ms = Date.now() - at;
  if (isHealth) return { first, ms };
  const path = privatePath(contract);
  const challenged = path === undefined ? undefined : await request('identify the API by a private route', path);
  return { first, ms, ...(challenged && { challenged }), absent: await request('a random path', `/audit-${randomBytes(8).toString('hex')}`) };
}

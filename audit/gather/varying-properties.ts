import { setTimeout as sleep } from 'node:timers/promises';
import type { Resource } from '../contract/operations.ts';
import { differencesOf, type Varying } from '../model/response.ts';
import type { Evidence, GatherContext } from './context.ts';

/** By the name of the collection. */
export const varyingEvidence: Evidence<Readonly<Record<string, Varying>>> = {
  name: 'varying-properties',
  requests: [10, 0],
  area: 'preconditions',
  gather: gatherVarying,
};

/** A clock of seconds advances between two reads. */
const BETWEEN_READS_MS = 1_100;

async function gatherVarying(context: GatherContext): Promise<Readonly<Record<string, Varying>>> {
  const found = await Promise.all(context.contract.resources.map(async (resource) => [resource.name, await varyingOf(context, resource)] as const));
  return Object.fromEntries(found);
}

/** None where the object cannot be created or read: the checks that use the collection report that. */
async function varyingOf({ objectsOf }: GatherContext, resource: Resource): Promise<Varying> {
  const { tryToCreate, read } = objectsOf(resource);
  const { id } = await tryToCreate('tenant A', 'an object that is read twice');
  if (id === '') return [];
  const first = await read('tenant A', id, 'a read of an unchanged object');
  await sleep(BETWEEN_READS_MS);
  const second = await read('tenant A', id, 'another read of the unchanged object');
  return differencesOf(second, first).filter((name) => name !== '' && !resource.textProperties.includes(name));
}

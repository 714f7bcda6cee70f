import type { Exchange } from '../exchange.ts';
import type { Kit } from './kit.ts';
import { createCredentials, createTenantObjects, mintCredentials } from './tenants.ts';
import { createWire } from './wire.ts';

export type CleanupEvidence = {
  /** The last list of each tenant, after everything of the audit was deleted. */
  lists: readonly { actor: string; removed: number; left: number; last: Exchange }[];
  created: number;
  /** What earlier runs had left: removed now, or still out of reach. */
  earlier: { removed: number; unreachable: number };
};

/** The third tenant creates nothing. */
const OWNERS = ['tenant A', 'tenant B'] as const;

/** Deletes everything that carries the audit's mark, and looks whether it is gone. */
export async function tidyUp(kit: Kit, earlier: CleanupEvidence['earlier']): Promise<CleanupEvidence> {
  const lists = [];
  for (const actor of OWNERS) {
    const { removed, last } = await kit.objects.removeMarked(actor);
    const { ids } = await kit.objects.findMarked(actor);
    lists.push({ actor, removed, left: ids.length, last });
  }
  const { create } = kit.contract.resource;
  const created = kit.directory
    .readLedger()
    .filter((entry) => entry.kind !== 'inspection' && entry.request.method === 'POST' && entry.request.url.endsWith(create.path))
    .filter((entry) => (entry.kind === 'wire' ? entry.answer?.status : entry.kind === 'browser' ? entry.read?.status : undefined) === 201).length;
  if (lists.every(({ left, last }) => left === 0 && last.answer?.status === 200)) kit.journal.close();
  return { lists, created, earlier };
}

/** Removes what runs left that did not reach their end: a journal without a living process tells of it. */
export async function removeLeftovers(kit: Kit): Promise<CleanupEvidence['earlier']> {
  const earlier = { removed: 0, unreachable: 0 };
  for (const { entry, forget } of kit.journal.abandoned()) {
    if (entry.apiUrl !== kit.target.apiUrl) {
      earlier.unreachable += 1;
      continue;
    }
    const { tenants } = kit.target;
    const credentials = 'jwtSecret' in tenants ? mintCredentials(tenants.jwtSecret, entry.tenants) : createCredentials(tenants, '');
    const wire = createWire({ apiUrl: kit.target.apiUrl, ca: kit.target.ca, area: kit.area, tokenOf: credentials.tokenOf }, kit.ledger);
    const objects = createTenantObjects(wire, kit.contract, () => {});
    let clean = true;
    for (const actor of OWNERS.filter((owner) => credentials.tokenOf(owner) !== undefined)) {
      const { removed, last } = await objects.removeMarked(actor);
      earlier.removed += removed;
      clean &&= last.answer?.status === 200;
    }
    wire.close();
    if (clean) forget();
    else earlier.unreachable += 1;
  }
  return earlier;
}

import { pathOfItem, type Resource } from '../contract.ts';
import type { Actor, Exchange, LedgerEntry } from '../exchange.ts';
import { command } from './health.ts';
import type { JournalEntry } from './journal.ts';
import type { Kit } from './kit.ts';
import { createTenantObjects, idOf, mintToken, tenantId } from './tenants.ts';
import { createWire, type Wire } from './wire.ts';

export type CleanupEvidence = {
  /** The last list of each tenant, after everything of the audit was deleted; `left` is missing where it was no list. */
  lists: readonly { actor: string; removed: number; left?: number; last: Exchange }[];
  created: number;
  /** What earlier runs had left: removed now, out of reach for these credentials, or at other targets. */
  earlier: { removed: number; unreachable: number; elsewhere: number };
};

/** A tenant, the collection in which it may own something, and what it is known to have made there: not all of it may carry the mark. */
type Owner = { actor: Actor; token: string | undefined; resource: Resource; made: readonly string[] };

/** Deletes everything that carries the audit's mark, and looks whether it is gone. */
export async function tidyUp(kit: Kit, earlier: CleanupEvidence['earlier']): Promise<CleanupEvidence> {
  const ledger = kit.directory.readLedger();
  const creations = ledger.flatMap((entry) => creationIn(entry, kit.contract.resources));
  const deleted = new Set(ledger.flatMap(deletionIn));
  const owners = ownersOf(kit, creations, deleted);
  const removed = await Promise.all(owners.map((owner) => removeOf(kit, owner)));
  // Where lists show what is another's, it is gone when its owner has removed it, which may have been later.
  const again = removed.some(({ left }) => left !== 0) ? await Promise.all(owners.map((owner) => removeOf(kit, owner))) : [];
  const lists = removed.map((first, index) => again[index] ?? first);
  if (lists.every(({ left, last }) => left === 0 && last.answer?.status === 200)) kit.journal.close();
  return { lists, created: creations.filter(({ id }) => id !== '').length, earlier };
}

/** Removes what runs left that did not reach their end: a journal without a living process tells of it. */
export async function removeLeftovers(kit: Kit): Promise<CleanupEvidence['earlier']> {
  const earlier = { removed: 0, unreachable: 0, elsewhere: 0 };
  const abandoned = kit.journal.abandoned();
  const { outageControl, tenants } = kit.target;
  // A run that ended during the outage has left the database away.
  if (abandoned.length > 0 && outageControl !== undefined) await command(outageControl, 'start');
  for (const { entry, forget } of abandoned) {
    if (entry.apiUrl !== kit.target.apiUrl) {
      earlier.elsewhere += 1;
      continue;
    }
    const owners = ownersIn(entry, kit);
    const lists = await Promise.all((owners ?? []).map((owner) => removeOf(kit, owner)));
    earlier.removed += lists.reduce((sum, { removed }) => sum + removed, 0);
    if (owners !== undefined && lists.every(({ left }) => left === 0)) forget();
    else earlier.unreachable += 1;
  }
  return earlier;

  /** Undefined where this run cannot act for that one's tenants: its credentials are of another kind. */
  function ownersIn({ minted, userIds }: JournalEntry, { contract: { resources }, credentials }: Kit): Owner[] | undefined {
    if (minted !== 'jwtSecret' in tenants) return undefined;
    if ('jwtSecret' in tenants) {
      const { jwtSecret } = tenants;
      return userIds.flatMap((userId) =>
        resources.map((resource) => ({ actor: 'tenant A' as const, token: mintToken(jwtSecret, userId), resource, made: [] })),
      );
    }
    const actors = ['tenant A', 'tenant B'] as const;
    if (actors.some((actor) => !userIds.includes(credentials.subjectOf(actor) ?? ''))) return undefined;
    return actors.flatMap((actor) => resources.map((resource) => ({ actor, token: credentials.tokenOf(actor), resource, made: [] })));
  }
}

async function removeOf(kit: Kit, { actor, token, resource, made }: Owner): Promise<CleanupEvidence['lists'][number]> {
  // The run's own wire knows which buckets are empty, and waits; another tenant needs a wire of its own.
  const wire = token === kit.credentials.tokenOf(actor) ? kit.wire : wireOf(kit, actor, token);
  const { removed, left, last } = await createTenantObjects(wire, resource, () => {}).removeMarked(actor, made);
  if (wire !== kit.wire) wire.close();
  return { actor: `${actor} (${resource.name})`, removed, ...(left !== undefined && { left }), last };
}

function wireOf({ probe, ledger, redactor, target }: Kit, actor: Actor, token: string | undefined): Wire {
  if (token !== undefined) redactor.protect(`token of ${actor}`, token);
  return createWire({ apiUrl: target.apiUrl, ca: target.ca, probe, tokenOf: () => token }, ledger);
}

/** Whoever asked for something to be created in this run, each once. */
function ownersOf(
  { contract: { resources }, credentials, directory, target: { tenants } }: Kit,
  creations: readonly Creation[],
  deleted: ReadonlySet<string>,
): Owner[] {
  const idsOf = (made: readonly Creation[]): string[] =>
    made.filter(({ id, resource }) => id !== '' && !deleted.has(pathOfItem(resource.read, id))).map(({ id }) => id);
  if (!('jwtSecret' in tenants)) {
    const actors = ['tenant A', 'tenant B'] as const;
    return actors.flatMap((actor) =>
      resources.map((resource) => ({
        actor,
        token: credentials.tokenOf(actor),
        resource,
        made: idsOf(creations.filter((each) => each.actor === actor && each.resource === resource)),
      })),
    );
  }
  const { jwtSecret } = tenants;
  const byOwner = Map.groupBy(creations, ({ actor, probe, resource }) => `${tenantId(directory.id, probe, actor)} ${resource.name}`);
  return [...byOwner.values()].flatMap((made) =>
    made.slice(0, 1).map(({ actor, probe, resource }) => ({
      actor,
      token: mintToken(jwtSecret, tenantId(directory.id, probe, actor)),
      resource,
      made: idsOf(made),
    })),
  );
}

/** Something that was asked for; the id is empty where nothing came of it. */
type Creation = { actor: Exclude<Actor, 'anonymous'>; probe: string; resource: Resource; id: string };

function creationIn(entry: LedgerEntry, resources: readonly Resource[]): Creation[] {
  if (entry.kind === 'inspection' || entry.actor === 'anonymous' || entry.request.method !== 'POST') return [];
  const resource = resources.find(({ create }) => create.path === new URL(entry.request.url).pathname);
  if (resource === undefined) return [];
  const answer = entry.kind === 'wire' ? entry.answer : entry.read;
  const isCreated = answer !== undefined && answer.status >= 200 && answer.status < 300;
  return [{ actor: entry.actor, probe: entry.probe, resource, id: isCreated ? idOf(answer.body, resource.idProperty) : '' }];
}

/** The path of what was deleted: whoever did it, it is gone. */
function deletionIn(entry: LedgerEntry): string[] {
  if (entry.kind === 'inspection' || entry.request.method !== 'DELETE') return [];
  const status = (entry.kind === 'wire' ? entry.answer : entry.read)?.status ?? 0;
  return status >= 200 && status < 300 ? [new URL(entry.request.url).pathname] : [];
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type Resource, pathOfItem } from '../../contract/operations.ts';
import type { Actor, Exchange, LedgerEntry } from '../../model/exchange.ts';
import { isRejected } from '../../model/response.ts';
import { commandOutage } from '../health/gather.ts';
import { credentialsEvidence } from '../preconditions/gather-credentials.ts';
import type { AbandonedJournal } from '../../gather/journal.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';
import { createTenantObjects, mintToken, tenantId } from '../../gather/tenants.ts';
import { idOf } from '../../gather/object-ids.ts';
import { createHttpClient, type HttpClient } from '../../gather/http-client.ts';
import { sameCollection } from '../../gather/write-rule.ts';

export type CleanupEvidence = {
  /** The last list of each tenant, after everything of the audit was deleted; `left` is missing where it was no list. */
  lists: readonly { actor: string; removed: number; left?: number; last: Exchange }[];
  created: number;
  /** Objects that were created without credentials and that no tenant could delete: the same is tried without credentials. */
  ownerless: readonly Exchange[];
};

/** Journals of earlier runs: objects removed now, journals out of reach for these credentials, and journals of other targets. */
export type LeftoversEvidence = { removed: number; unreachable: number; elsewhere: number };

/** A tenant, the collection in which it may own something, and what it is known to have made there: not all of it may carry the mark. */
type Owner = {
  actor: Actor;
  token: string | undefined;
  resource: Resource;
  made: readonly string[];
  /** What its list may show all the same, and whoever made it will remove. */
  hopeless?: ReadonlySet<string>;
};

type Removed = { list: CleanupEvidence['lists'][number]; stuck: readonly string[] };

/** Lists that show what is gone, or what is another's, get so many looks more: they may lag behind. */
const MORE_LOOKS = 2;
const BETWEEN_LOOKS_MS = 1_100;

export const leftoversEvidence: Evidence<LeftoversEvidence> = { name: 'leftovers', area: 'self-check', gather: gatherLeftovers };

export const cleanupEvidence: Evidence<CleanupEvidence> = { name: 'cleanup', area: 'self-check', gather: gatherCleanup };

/** Deletes everything that carries the audit's mark, and looks whether it is gone. */
async function gatherCleanup(context: GatherContext): Promise<CleanupEvidence> {
  const ledger = context.directory.readLedger();
  const creations = [...ledger.flatMap((entry) => creationIn(entry, context.contract.resources)), ...unrecorded(context)];
  const deleted = new Set(ledger.flatMap(deletionIn));
  const owners = ownersOf(context, creations, deleted);
  let removed = await Promise.all(owners.map(async (owner) => ({ owner, ...(await removeOf(context, owner)) })));
  for (let look = 0; look < MORE_LOOKS && removed.some(({ list }) => list.left !== 0); look += 1) {
    await sleep(BETWEEN_LOOKS_MS);
    removed = await Promise.all(
      removed.map(async ({ owner, list: before, stuck }) => {
        // What was deleted is not deleted again. What another has made and could not remove may have become this one's.
        const hopeless = new Set(owner.made.filter((id) => !stuck.includes(id)));
        const { list, ...again } = await removeOf(context, { ...owner, made: stuck, hopeless });
        return { ...again, owner, list: { ...list, removed: before.removed + list.removed } };
      }),
    );
  }
  const lists = removed.map(({ list }) => list);
  const ownerless = await removeOwnerless(context);
  if (lists.every(({ left, last }) => left === 0 && last.response?.status === 200) && ownerless.every(isDeleted)) context.journal.close();
  return { lists, created: creations.filter(({ id }) => id !== '').length, ownerless };
}

async function removeOwnerless({ contract: { resources }, directory, http }: GatherContext): Promise<Exchange[]> {
  const ledger = directory.readLedger();
  const gone = new Set(ledger.flatMap(deletionIn));
  const paths = ledger.flatMap((entry) => (entry.kind !== 'inspection' && entry.actor === 'anonymous' ? createdPath(entry, resources) : []));
  const left = [...new Set(paths)].filter((path) => !gone.has(path));
  return Promise.all(left.map((path) => http.send({ actor: 'anonymous', purpose: 'clean up what no tenant owns', method: 'DELETE', path })));
}

function isDeleted({ response }: Exchange): boolean {
  return response !== undefined && response.status >= 200 && response.status <= 299;
}

/**
 * Removes what runs left that did not reach their end: a journal without a living process states it.
 * Where the target does not accept the credentials, nothing is sent to it.
 */
async function gatherLeftovers(context: GatherContext): Promise<LeftoversEvidence> {
  const isAccepted = (await context.evidence(credentialsEvidence)).every(({ exchange }) => !isRejected(exchange));
  const earlier = { removed: 0, unreachable: 0, elsewhere: 0 };
  const abandoned = context.journal.abandoned();
  const { outageControl, tenants } = context.target;
  // A run that ended during the outage has left the database away.
  if (abandoned.length > 0 && outageControl !== undefined) await commandOutage(outageControl, 'start');
  for (const journal of abandoned) {
    const { entry, forget } = journal;
    if (entry.apiUrl !== context.target.apiUrl) {
      earlier.elsewhere += 1;
      continue;
    }
    const owners = isAccepted ? ownersIn(journal, context) : undefined;
    const lists = await Promise.all((owners ?? []).map((owner) => removeOf(context, owner)));
    earlier.removed += lists.reduce((sum, { list }) => sum + list.removed, 0);
    if (owners !== undefined && lists.every(({ list }) => list.left === 0)) forget();
    else earlier.unreachable += 1;
  }
  return earlier;

  /** Undefined where this run cannot act for that one's tenants: its credentials are of another kind. */
  function ownersIn(
    { entry: { minted, userIds }, objects }: AbandonedJournal,
    { contract: { resources }, credentials }: GatherContext,
  ): Owner[] | undefined {
    // Not every object carries the mark: those of the journal are deleted by id.
    const madeBy = (user: string | undefined, { name }: Resource): string[] =>
      objects.filter(({ collection, userId }) => collection === name && userId === (user ?? null)).map(({ id }) => id);
    if (minted !== 'jwtSecret' in tenants) return undefined;
    if ('jwtSecret' in tenants) {
      const { jwtSecret } = tenants;
      return userIds.flatMap((userId) =>
        resources.map((resource) => ({ actor: 'tenant A' as const, token: mintToken(jwtSecret, userId), resource, made: madeBy(userId, resource) })),
      );
    }
    const actors = ['tenant A', 'tenant B'] as const;
    if (actors.some((actor) => !userIds.includes(credentials.subjectOf(actor) ?? ''))) return undefined;
    return actors.flatMap((actor) =>
      resources.map((resource) => ({ actor, token: credentials.tokenOf(actor), resource, made: madeBy(credentials.subjectOf(actor), resource) })),
    );
  }
}

async function removeOf(context: GatherContext, { actor, token, resource, made, hopeless }: Owner): Promise<Removed> {
  // The run's own http knows which buckets are empty, and waits; another tenant needs a http of its own.
  const http = token === context.credentials.tokenOf(actor) ? context.http : clientOf(context, actor, token);
  const { removed, left, stuck, last } = await createTenantObjects(http, resource, context.writes).removeMarked(actor, made, hopeless);
  if (http !== context.http) http.close();
  return { list: { actor: `${actor} (${resource.name})`, removed, ...(left !== undefined && { left }), last }, stuck };
}

function clientOf({ evidenceName, ledger, redactor, target, writes }: GatherContext, actor: Actor, token: string | undefined): HttpClient {
  if (token !== undefined) redactor.protect(`token of ${actor}`, token);
  return createHttpClient({ apiUrl: target.apiUrl, ca: target.ca, evidenceName, tokenOf: () => token, writes }, ledger);
}

/** Whoever asked for something to be created in this run, each once. */
function ownersOf(
  { contract: { resources }, credentials, directory, target: { tenants } }: GatherContext,
  creations: readonly Creation[],
  deleted: ReadonlySet<string>,
): Owner[] {
  const made = creations.filter(({ id }) => id !== '');
  const shares = (resource: Resource, isOwn: (creation: Creation) => boolean): Pick<Owner, 'resource' | 'made' | 'hopeless'> => {
    const there = made.filter((creation) => creation.resource === resource);
    const own = new Set(there.filter(isOwn).map(({ id }) => id));
    return {
      resource,
      made: [...own].filter((id) => !deleted.has(pathOfItem(resource.read, id))),
      hopeless: new Set(there.map(({ id }) => id).filter((id) => !own.has(id))),
    };
  };
  if (!('jwtSecret' in tenants)) {
    const actors = ['tenant A', 'tenant B'] as const;
    return actors.flatMap((actor) =>
      resources.map((resource) => ({ actor, token: credentials.tokenOf(actor), ...shares(resource, (creation) => creation.actor === actor) })),
    );
  }
  const { jwtSecret } = tenants;
  const userOf = ({ actor, evidence }: Creation): string => tenantId(directory.id, evidence, actor);
  const owners = new Map(creations.map((creation) => [`${userOf(creation)} ${creation.resource.name}`, creation]));
  return [...owners.values()].map((first) => ({
    actor: first.actor,
    token: mintToken(jwtSecret, userOf(first)),
    ...shares(first.resource, (creation) => userOf(creation) === userOf(first)),
  }));
}

/** A creation without credentials, or with a bad token, is tenant A's if it is anybody's: the bad tokens are made from A's. */
export function ownerOf(actor: Actor): Exclude<Actor, 'anonymous'> {
  return actor === 'anonymous' ? 'tenant A' : actor;
}

/** Path of the object that a request of this run created, if it did. */
export function createdPath(entry: LedgerEntry, resources: readonly Resource[]): string[] {
  return creationIn(entry, resources).flatMap(({ resource, id }) => (id === '' ? [] : [pathOfItem(resource.read, id)]));
}

/** A creation that was requested; the id is empty where nothing came of it. */
type Creation = { actor: Exclude<Actor, 'anonymous'>; evidence: string; resource: Resource; id: string };

function creationIn(entry: LedgerEntry, resources: readonly Resource[]): Creation[] {
  if (entry.kind === 'inspection' || entry.request.method !== 'POST') return [];
  const { pathname } = new URL(entry.request.url);
  const resource = resources.find(({ create }) => sameCollection(pathname, create.path));
  if (resource === undefined) return [];
  const response = entry.kind === 'http' ? entry.response : entry.read;
  const isCreated = response !== undefined && response.status >= 200 && response.status < 300;
  // Whom a rejected request would have been for does not matter: nothing came of it.
  if (entry.actor === 'anonymous' && !isCreated) return [];
  return [{ actor: ownerOf(entry.actor), evidence: entry.evidence, resource, id: isCreated ? idOf(response.body, resource.idProperty) : '' }];
}

/** What an unfinished gather function may have created: a request is recorded when its response has come. */
function unrecorded({ directory, evidenceName, contract: { resources } }: GatherContext): Creation[] {
  const actors = ['tenant A', 'tenant B', 'limited tenant'] as const;
  const unfinished = directory.unfinished().filter((evidence) => evidence !== evidenceName());
  return unfinished.flatMap((evidence) => actors.flatMap((actor) => resources.map((resource) => ({ actor, evidence, resource, id: '' }))));
}

/** The path of what was deleted: whoever did it, it is gone. */
function deletionIn(entry: LedgerEntry): string[] {
  if (entry.kind === 'inspection' || entry.request.method !== 'DELETE') return [];
  const status = (entry.kind === 'http' ? entry.response : entry.read)?.status ?? 0;
  return status >= 200 && status < 300 ? [new URL(entry.request.url).pathname] : [];
}

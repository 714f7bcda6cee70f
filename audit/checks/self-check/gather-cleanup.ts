import { setTimeout as sleep } from 'node:timers/promises';
import { withCallerOf } from '../../contract/caller-path.ts';
import { type Resource, pathOfItem } from '../../contract/operations.ts';
import type { Actor, Exchange, LedgerEntry, Scope } from '../../model/exchange.ts';
import { isRejected } from '../../model/response.ts';
import { subjectOf } from '../../model/token.ts';
import { commandOutage } from '../health/gather.ts';
import { credentialsEvidence } from '../preconditions/gather-credentials.ts';
import type { AbandonedJournal } from '../../gather/journal.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { createTenantObjects } from '../../gather/tenants.ts';
import { idOf } from '../../gather/object-ids.ts';
import type { HttpClient } from '../../gather/http-client.ts';
import { sameCollection } from '../../gather/write-rule.ts';

export type CleanupEvidence = {
  /** The last list of each tenant and collection, after the deletions; `left` is missing where the response was not a list. */
  lists: readonly { actor: string; removed: number; left?: number; last: Exchange }[];
  created: number;
  /** Deletions without credentials, of objects that were created without credentials and that no tenant could delete. */
  ownerless: readonly Exchange[];
};

/** Of earlier runs: objects removed now, journals that these credentials cannot clean up, and journals of other targets. */
export type LeftoversEvidence = { removed: number; unreachable: number; elsewhere: number };

/** A tenant, a collection in which it may own objects, and the ids that it is known to have created there, with or without the marker. */
type Owner = {
  actor: Actor;
  token: string | undefined;
  resource: Resource;
  created: readonly string[];
  /** Objects of other tenants, which its list may contain and which their owners delete. */
  excluded?: ReadonlySet<string>;
};

type Removed = { list: CleanupEvidence['lists'][number]; stuck: readonly string[] };

/** How often a list that still contains objects is requested again: lists may lag behind. */
const MORE_LISTS = 2;
const BETWEEN_LISTS_MS = 1_100;

export const leftoversEvidence: Evidence<LeftoversEvidence> = { name: 'leftovers', area: 'self-check', gather: gatherLeftovers };

export const cleanupEvidence: Evidence<CleanupEvidence> = { name: 'cleanup', area: 'self-check', gather: gatherCleanup };

/** Deletes every object of the audit, and lists the collections again. */
async function gatherCleanup(context: GatherContext): Promise<CleanupEvidence> {
  const ledger = context.runRecord.readLedger();
  const creations = [...ledger.flatMap((entry) => creationIn(entry, context.contract.resources)), ...unrecorded(context)];
  const deleted = new Set(ledger.flatMap((entry) => deletionIn(entry, context.contract.resources)));
  const owners = ownersOf(context, creations, deleted);
  let removed = await Promise.all(owners.map(async (owner) => ({ owner, ...(await removeObjects(context, owner)) })));
  for (let round = 0; round < MORE_LISTS && removed.some(({ list }) => list.left !== 0); round += 1) {
    await sleep(BETWEEN_LISTS_MS);
    removed = await Promise.all(
      removed.map(async ({ owner, list: before, stuck }) => {
        // Deleted objects are not deleted again. Objects of other owners are no longer excluded: they may belong to this one.
        const excluded = new Set(owner.created.filter((id) => !stuck.includes(id)));
        const { list, ...again } = await removeObjects(context, { ...owner, created: stuck, excluded });
        return { ...again, owner, list: { ...list, removed: before.removed + list.removed } };
      }),
    );
  }
  const lists = removed.map(({ list }) => list);
  const ownerless = await removeOwnerless(context);
  if (lists.every(({ left, last }) => left === 0 && last.response?.status === 200) && ownerless.every(isDeleted)) context.journal.close();
  return { lists, created: creations.filter(({ id }) => id !== '').length, ownerless };
}

async function removeOwnerless({ contract: { resources }, runRecord, http }: GatherContext): Promise<Exchange[]> {
  const ledger = runRecord.readLedger();
  const deleted = new Set(ledger.flatMap((entry) => deletionIn(entry, resources)));
  const paths = ledger.flatMap((entry) => (entry.kind !== 'inspection' && entry.actor === 'anonymous' ? createdPath(entry, resources) : []));
  const left = [...new Set(paths)].filter((path) => !deleted.has(path));
  return Promise.all(left.map((path) => http.send({ actor: 'anonymous', purpose: 'clean up an object without an owner', method: 'DELETE', path })));
}

function isDeleted({ response }: Exchange): boolean {
  return response !== undefined && response.status >= 200 && response.status <= 299;
}

/**
 * Removes the objects of runs that did not finish, which are those with a journal and without a process.
 * Sends nothing where the target does not accept the credentials.
 */
async function gatherLeftovers(context: GatherContext): Promise<LeftoversEvidence> {
  const isAccepted = (await context.evidence(credentialsEvidence)).every(({ exchange }) => !isRejected(exchange));
  const earlier = { removed: 0, unreachable: 0, elsewhere: 0 };
  const abandoned = context.journal.abandoned();
  const { outageControl } = context.target;
  // A run that ended during the outage left the database stopped.
  if (abandoned.length > 0 && outageControl !== undefined) await commandOutage(outageControl, 'start');
  for (const journal of abandoned) {
    const { entry, forget } = journal;
    if (entry.apiUrl !== context.target.apiUrl) {
      earlier.elsewhere += 1;
      continue;
    }
    const owners = isAccepted ? ownersIn(journal, context) : undefined;
    const lists = await Promise.all((owners ?? []).map((owner) => removeObjects(context, owner)));
    earlier.removed += lists.reduce((sum, { list }) => sum + list.removed, 0);
    if (owners !== undefined && lists.every(({ list }) => list.left === 0)) forget();
    else earlier.unreachable += 1;
  }
  return earlier;
}

/** Undefined where the credentials of this run cannot act for the tenants of that run. */
function ownersIn(
  { entry: { minted, userIds }, objects }: AbandonedJournal,
  { contract: { resources }, credentials }: GatherContext,
): Owner[] | undefined {
  // Objects in the journal are deleted by id, because some have no marker.
  const createdBy = (user: string | undefined, { name }: Resource): string[] =>
    objects.filter(({ collection, userId }) => collection === name && userId === (user ?? null)).map(({ id }) => id);
  if (minted !== credentials.mints || userIds.length === 0) return undefined;
  const tokens = userIds.flatMap((userId) => credentials.tokenFor(userId) ?? []);
  if (tokens.length < userIds.length) return undefined;
  return tokens.flatMap((token) => {
    const actor = token === credentials.tokenOf('tenant B') ? 'tenant B' : 'tenant A';
    return resources.map((resource) => ({ actor, token, resource, created: createdBy(subjectOf(token), resource) }));
  });
}

async function removeObjects(context: GatherContext, { actor, token, resource, created, excluded }: Owner): Promise<Removed> {
  const http = clientWith(context, actor, token);
  const { removed, left, stuck, last } = await createTenantObjects(http, resource, context.writes).removeMarked(actor, created, excluded);
  return { list: { actor: `${actor} (${resource.name})`, removed, ...(left !== undefined && { left }), last }, stuck };
}

/** Sends with the token of an owner, which may be another tenant than that of the cleanup. */
function clientWith({ http, redactor }: GatherContext, actor: Actor, token: string | undefined): Pick<HttpClient, 'send'> {
  if (token === undefined) return http;
  redactor.protect(`token of ${actor}`, token);
  return { send: (request) => http.send({ ...request, token }) };
}

/** The tenants that requested a creation in this run, each once per collection. */
function ownersOf({ credentials }: GatherContext, creations: readonly Creation[], deleted: ReadonlySet<string>): Owner[] {
  const created = creations.filter(({ id }) => id !== '');
  const objectsOf = (resource: Resource, isOwn: (creation: Creation) => boolean): Pick<Owner, 'resource' | 'created' | 'excluded'> => {
    const inCollection = created.filter((creation) => creation.resource === resource);
    const own = new Set(inCollection.filter(isOwn).map(({ id }) => id));
    return {
      resource,
      created: [...own].filter((id) => !deleted.has(pathOfItem(resource.read, id))),
      excluded: new Set(inCollection.map(({ id }) => id).filter((id) => !own.has(id))),
    };
  };
  const tokenOf = ({ actor, scope }: Creation): string => credentials.tokenIn(scope, actor);
  const owners = new Map(creations.map((creation) => [`${tokenOf(creation)} ${creation.resource.name}`, creation]));
  return [...owners.values()].map((first) => ({
    actor: first.actor,
    token: tokenOf(first),
    ...objectsOf(first.resource, (creation) => tokenOf(creation) === tokenOf(first)),
  }));
}

/** Tenant A owns what a request without credentials or with a bad token created, because bad tokens derive from its token. */
export function ownerOf(actor: Actor): Exclude<Actor, 'anonymous'> {
  return actor === 'anonymous' ? 'tenant A' : actor;
}

/** The path of the object that a request of this run created; empty where it created none. */
export function createdPath(entry: LedgerEntry, resources: readonly Resource[]): string[] {
  return creationIn(entry, resources).flatMap(({ resource, id }) => (id === '' ? [] : [pathOfItem(resource.read, id)]));
}

/** A requested creation; the id is empty where none took place. */
type Creation = { actor: Exclude<Actor, 'anonymous'>; scope: Scope; resource: Resource; id: string };

function creationIn(entry: LedgerEntry, resources: readonly Resource[]): Creation[] {
  if (entry.kind === 'inspection' || entry.request.method !== 'POST') return [];
  const { pathname } = new URL(entry.request.url);
  const resource = resources.find(({ create }) => sameCollection(pathname, create.path));
  if (resource === undefined) return [];
  const response = entry.kind === 'http' ? entry.response : entry.read;
  const isCreated = response !== undefined && response.status >= 200 && response.status < 300;
  // A rejected anonymous request created nothing.
  if (entry.actor === 'anonymous' && !isCreated) return [];
  const { evidence, part } = entry;
  const scope = { evidence, ...(part !== undefined && { part }) };
  return [{ actor: ownerOf(entry.actor), scope, resource, id: isCreated ? idOf(response.body, resource.idProperty) : '' }];
}

/** Possible creations of unfinished gather functions: the ledger records a request after its response. */
function unrecorded({ runRecord, evidenceName, contract: { resources } }: GatherContext): Creation[] {
  const actors = ['tenant A', 'tenant B', 'limited tenant'] as const;
  const unfinished = runRecord.unfinished().filter(({ evidence }) => evidence !== evidenceName());
  return unfinished.flatMap((scope) => actors.flatMap((actor) => resources.map((resource) => ({ actor, scope, resource, id: '' }))));
}

/** The path of an object that a request of any caller deleted. */
function deletionIn(entry: LedgerEntry, resources: readonly Resource[]): string[] {
  if (entry.kind === 'inspection' || entry.request.method !== 'DELETE') return [];
  const status = (entry.kind === 'http' ? entry.response : entry.read)?.status ?? 0;
  const { pathname } = new URL(entry.request.url);
  return status >= 200 && status < 300 ? [pathname, ...resources.map(({ read }) => withCallerOf(pathname, read.path))] : [];
}

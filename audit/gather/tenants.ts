import { idOf } from './object-ids.ts';
import { randomBytes } from 'node:crypto';
import { deletionOf, type Operation, type Resource, pathOfItem, successOf } from '../contract/operations.ts';
import type { Actor, Exchange } from '../model/exchange.ts';
import { parseJson } from '../model/json.ts';
import { idIn, itemsIn } from '../model/payload.ts';
import type { Varying } from '../model/response.ts';
import { MARKER } from '../model/marker.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import type { WriteRule } from './write-rule.ts';

/** An object of a tenant, with a random text that no one can guess. */
export type Canary = { actor: Actor; id: string; text: string; created: Exchange };

/**
 * An object to attack, and what its owner reads before the attack. Later reads are compared with that one, because the response to a
 * creation may have other fields.
 */
export type Victim = Canary & { before: Exchange; varying: Varying };

export function newCanaryText(): string {
  return `${MARKER}${randomBytes(8).toString('hex')}`;
}

type Details = { fields?: Readonly<Record<string, unknown>>; text?: string } & Pick<HttpRequest, 'headers' | 'splitBody'>;

type Execution = Details & { purpose: string };

/**
 * Creates, uses and deletes the tenants' objects. The HTTP client journals each creation before it sends it.
 * @param varyingNow observes what varies between reads of an unchanged object, or returns what was observed
 */
export function createTenantObjects(
  http: Pick<HttpClient, 'send'>,
  resource: Resource,
  writes: Pick<WriteRule, 'adopt'>,
  varyingNow: () => Promise<Varying> = () => Promise.resolve([]),
) {
  /** @throws {Error} where the response has no new object with an id: later requests would use a wrong one */
  async function create(actor: Actor, purpose: string, details: Details = {}): Promise<Canary> {
    const canary = await tryToCreate(actor, purpose, details);
    const { response, error } = canary.created;
    const isSuccess = response !== undefined && response.status === successOf(resource.create, response.status);
    if (!isSuccess || canary.id === '')
      throw new Error(
        `Could not create an object (${purpose}): ${response?.status ?? error ?? 'no response'}${isSuccess ? ` without ${resource.idProperty}` : ''}`,
      );
    return canary;
  }

  /** @throws {Error} as `create` */
  async function createVictim(actor: Actor, purpose: string): Promise<Victim> {
    const canary = await create(actor, purpose);
    const [before, varying] = await Promise.all([read(actor, canary.id, 'the owner reads it after the creation'), varyingNow()]);
    return { ...canary, before, varying };
  }

  async function tryToCreate(actor: Actor, purpose: string, { fields, text = newCanaryText(), ...sent }: Details = {}): Promise<Canary> {
    const body = { ...(bodyOf(resource.create, resource, text).body as object), ...fields };
    const created = await http.send({ actor, purpose, method: 'POST', path: resource.create.path, body, ...sent });
    return { actor, id: idOf(created.response?.body, resource.idProperty), text, created };
  }

  function read(actor: Actor, id: string, purpose: string, options: Pick<HttpRequest, 'burst'> = {}): Promise<Exchange> {
    return http.send({ actor, purpose, path: pathOfItem(resource.read, id), ...options });
  }

  /** An operation on an object. A body has the given text, or another one with the marker. */
  function execute(actor: Actor, operation: Operation, id: string, { purpose, text, fields, ...sent }: Execution): Promise<Exchange> {
    const { body } = bodyOf(operation, resource, text);
    const { method } = operation;
    return http.send({ actor, purpose, method, path: pathOfItem(operation, id), body: fields ? { ...(body as object), ...fields } : body, ...sent });
  }

  /** The ids of the tenant's objects with the marker or among the given ids; undefined where the response is not a list. */
  async function findMarked(actor: Actor, created: readonly string[] = []): Promise<{ ids: string[] | undefined; exchange: Exchange }> {
    const exchange = await http.send({ actor, purpose: 'the remaining objects', path: `${resource.list.path}${wholePage(resource)}` });
    return {
      ids: itemsOf(resource, exchange.response?.body)
        ?.map((item) => ({ id: String(idIn(item, resource.idProperty)), texts: Object.values(item).filter((value) => typeof value === 'string') }))
        .filter(({ id, texts }) => created.includes(id) || texts.some((text) => text.includes(MARKER)))
        .map(({ id }) => id),
      exchange,
    };
  }

  /**
   * Deletes the objects with the marker and the given ones until none is left or no deletion succeeds; `left` is undefined where the
   * response is not a list.
   * @param created ids of objects that the actor created and did not delete; deleted also where the list does not contain them
   * @param skipped ids that are not tried, such as those that another tenant created
   */
  async function removeMarked(
    actor: Actor,
    created: readonly string[] = [],
    skipped: ReadonlySet<string> = new Set(),
  ): Promise<{ removed: number; left: number | undefined; stuck: readonly string[]; last: Exchange }> {
    const remove = deletionOf(resource);
    const tried = new Set<string>();
    const stuck = new Set<string>();
    let removed = 0;
    const untried = (ids: readonly string[]): string[] => [...new Set(ids)].filter((id) => !tried.has(id) && !skipped.has(id));
    if (remove !== undefined) await removeAll(remove, untried(created));
    for (;;) {
      const { ids, exchange } = await findMarked(actor, created);
      const fresh = untried(ids ?? []);
      if (fresh.length === 0 || remove === undefined) {
        const left = ids === undefined ? undefined : new Set([...ids, ...stuck]).size;
        return { removed, left, stuck: [...stuck], last: exchange };
      }
      await removeAll(remove, fresh);
    }

    async function removeAll(operation: Operation, fresh: readonly string[]): Promise<void> {
      // They have the marker and are in the caller's own list, or an earlier run has journaled them.
      for (const id of fresh) writes.adopt(resource, id);
      const deletions = await Promise.all(
        fresh.map(async (id) => ({
          id,
          status: (await http.send({ actor, purpose: 'clean up', method: 'DELETE', path: pathOfItem(operation, id) })).response?.status ?? 0,
        })),
      );
      for (const { id, status } of deletions) {
        tried.add(id);
        if (status >= 200 && status <= 299) removed += 1;
        // Another process may have deleted it.
        else if (status !== 404) stuck.add(id);
      }
    }
  }

  return { create, createVictim, tryToCreate, read, execute, findMarked, removeMarked };
}

export type TenantObjects = ReturnType<typeof createTenantObjects>;

/** A body for the operation, if it takes one; it has the marker. */
export function bodyOf({ id, sample }: Operation, { create, textProperties, textProperty }: Resource, text = newCanaryText()): { body?: unknown } {
  if (typeof sample !== 'object' || sample === null) return sample === undefined ? {} : { body: sample };
  // Every creation has the same properties, with which the owner's succeeds.
  const marked = id === create.id ? textProperties : [textProperty].filter((name) => name in sample);
  return { body: { ...sample, ...Object.fromEntries(marked.map((name) => [name, text])) } };
}

/** The query for the largest page. */
export function wholePage({ pageSize }: Resource): string {
  return pageSize === undefined ? '' : `?${pageSize.name}=${pageSize.most}`;
}

/** The objects of a list response; undefined where it is not a list. */
function itemsOf({ listProperty }: Resource, body: string | undefined): Record<string, unknown>[] | undefined {
  const items = itemsIn(parseJson(body), listProperty);
  return items?.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null);
}

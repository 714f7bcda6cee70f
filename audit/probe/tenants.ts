import { randomBytes } from 'node:crypto';
import { type Contract, pathOfItem } from '../contract.ts';
import type { Actor, Exchange } from '../exchange.ts';
import type { Target } from '../target.ts';
import { MARKER } from './journal.ts';
import { signToken } from './tokens.ts';
import type { Wire, WireRequest } from './wire.ts';

const TOKEN_SECONDS = 900;
const ACTORS = ['tenant A', 'tenant B', 'limited tenant'] as const;

export type Credentials = {
  /** The bearer token of an actor; undefined for the anonymous one. */
  tokenOf(actor: Actor): string | undefined;
  /** Signs claims with the target's own key; undefined where the audit was given tokens instead of the key. */
  sign: ((claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>, hash?: string) => string) | undefined;
  /** The user a tenant's token is for, where the token says so. */
  subjectOf(actor: Actor): string | undefined;
  /** User ids of minted tenants, in the order A, B, limited; empty where tokens were given. */
  userIds: readonly string[];
};

/** Two tenants who attack each other and a third whose bucket is emptied last; the same ones in every process of a run. */
export function createCredentials(tenants: Target['tenants'], runId: string): Credentials {
  if ('jwtSecret' in tenants) {
    return mintCredentials(
      tenants.jwtSecret,
      ['a', 'b', 'l'].map((letter) => `audit-${runId}-${letter}`),
    );
  }
  const { tokenA, tokenB } = tenants;
  // With two tokens there is no third tenant: B's bucket is the one that is emptied.
  const tokenOf: Credentials['tokenOf'] = (actor) => (actor === 'anonymous' ? undefined : actor === 'tenant A' ? tokenA : tokenB);
  return { tokenOf, subjectOf: (actor) => subjectIn(tokenOf(actor)), sign: undefined, userIds: [] };
}

export function mintCredentials(key: string, userIds: readonly string[]): Credentials {
  const exp = Math.floor(Date.now() / 1_000) + TOKEN_SECONDS;
  const sign: Credentials['sign'] = (claims, header, hash) => signToken(claims, key, header, hash);
  const tokens = new Map<Actor, string>(
    ACTORS.flatMap((actor, index) => (userIds[index] === undefined ? [] : [[actor, sign({ sub: userIds[index], exp })]])),
  );
  return { tokenOf: (actor) => tokens.get(actor), subjectOf: (actor) => subjectIn(tokens.get(actor)), sign, userIds };
}

function subjectIn(token: string | undefined): string | undefined {
  const claims = parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString());
  return typeof claims === 'object' && claims !== null && 'sub' in claims && typeof claims.sub === 'string' ? claims.sub : undefined;
}

/** An object a tenant owns, with a random text that nobody else can know. */
export type Canary = { actor: Actor; id: string; text: string; created: Exchange };

export function newCanaryText(): string {
  return `${MARKER}${randomBytes(8).toString('hex')}`;
}

/** Makes and removes the tenants' objects. Whatever is made is journalled first. */
export function createTenantObjects(wire: Wire, contract: Contract, openJournal: () => void) {
  const { resource } = contract;

  async function create(
    actor: Actor,
    purpose: string,
    { fields, headers }: { fields?: Readonly<Record<string, unknown>>; headers?: WireRequest['headers'] } = {},
  ): Promise<Canary> {
    openJournal();
    const text = newCanaryText();
    const texts = Object.fromEntries(resource.textProperties.map((name) => [name, text]));
    const body = { ...(resource.create.sample as object), ...texts, ...fields };
    const created = await wire.send({ actor, purpose, method: 'POST', path: resource.create.path, body, ...(headers && { headers }) });
    return { actor, id: idOf(created.answer?.body), text, created };
  }

  function read(actor: Actor, id: string, purpose: string): Promise<Exchange> {
    return wire.send({ actor, purpose, path: pathOfItem(resource.read, id) });
  }

  /** Every object of the tenant that carries the audit's mark, by the list alone. */
  async function findMarked(actor: Actor): Promise<{ ids: string[]; exchange: Exchange }> {
    const exchange = await wire.send({ actor, purpose: 'what is left', path: `${resource.list.path}?per_page=100` });
    return {
      ids: itemsOf(contract, exchange.answer?.body)
        .filter((item) => String(item[resource.textProperty]).includes(MARKER))
        .map((item) => String(item['id'])),
      exchange,
    };
  }

  async function removeMarked(actor: Actor): Promise<{ removed: number; last: Exchange }> {
    const tried = new Set<string>();
    for (;;) {
      const { ids, exchange } = await findMarked(actor);
      // What is still there after one deletion will be there after the next.
      const fresh = ids.filter((id) => !tried.has(id));
      const removed = tried.size - (ids.length - fresh.length);
      if (fresh.length === 0) return { removed, last: exchange };
      const remove = resource.onItem.find(({ method, path }) => method === 'DELETE' && path === resource.read.path);
      if (remove === undefined) return { removed, last: exchange };
      await Promise.all(fresh.map((id) => wire.send({ actor, purpose: 'tidy up', method: 'DELETE', path: pathOfItem(remove, id) })));
      for (const id of fresh) tried.add(id);
    }
  }

  return { create, read, findMarked, removeMarked };
}

export type TenantObjects = ReturnType<typeof createTenantObjects>;

/** The objects of a list's answer; empty when it is not such an answer. */
export function itemsOf(contract: Contract, body: string | undefined): Record<string, unknown>[] {
  const page = parse(body);
  const { listProperty } = contract.resource;
  const items =
    listProperty === undefined ? page : typeof page === 'object' && page !== null ? (page as Record<string, unknown>)[listProperty] : undefined;
  return Array.isArray(items) ? items.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null) : [];
}

function idOf(body: string | undefined): string {
  const value = parse(body);
  return typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : '';
}

function parse(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? '');
  } catch {
    return undefined;
  }
}

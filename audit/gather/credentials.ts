import type { Actor, Scope } from '../model/exchange.ts';
import { subjectOf } from '../model/token.ts';
import type { Signer } from './signer.ts';
import type { UserTokens } from './user-tokens.ts';

type Tenant = Exclude<Actor, 'anonymous'>;

export type Credentials = {
  /** The bearer token of an actor; undefined for anonymous. */
  tokenOf(actor: Actor): string | undefined;
  /** The user id in an actor's token, where it has one. */
  subjectOf(actor: Actor): string | undefined;
  /** The token of an actor in a piece of evidence, or in a part of it. */
  tokenIn(scope: Scope, actor: Tenant): string;
  /** A token for a user of an earlier run; undefined where this run cannot act for that user. */
  tokenFor(userId: string): string | undefined;
  /** Signs with the target's own key; undefined where the audit was given tokens instead of a key. */
  signer: Signer | undefined;
  /** Whether the audit can act as users that exist in their tokens only. */
  mints: boolean;
  /** The given test users; undefined where all tenants are minted. */
  users: UserTokens | undefined;
};

type Sources = {
  runId: string;
  scope: () => Scope;
  signer: Signer | undefined;
  /** Whether the signer also mints tenants. */
  mints: boolean;
  /** The tenants, if none are minted; otherwise the tenants of the evidence in `genuineIn`. */
  users: UserTokens | undefined;
  /** The pair of users of each piece of evidence, counted from 0. */
  pairOf: (evidence: string) => number;
  genuineIn: ReadonlySet<string>;
  /** Called with each token before it is used. */
  onToken: (actor: Actor, token: string) => void;
};

const TOKEN_SECONDS = 900;
/** For evidence that does not state how many requests it sends. */
const USUAL_REQUESTS = [10, 5] as const;
/** A and B differ only in case: an API that ignores case treats them as one user. */
const LETTERS = { 'tenant A': 'a', 'tenant B': 'A', 'limited tenant': 'l' } as const;

/**
 * Two tenants that attack each other, and a third whose limit is exhausted at the end. Minted tenants differ for each piece of evidence, so
 * each piece has its own buckets.
 */
export function createCredentials({ runId, scope, signer, mints, users, pairOf, genuineIn, onToken }: Sources): Credentials {
  const minted = new Map<string, string>();
  const known = new Set<string>();

  function tokenIn(within: Scope, actor: Tenant): string {
    const isGiven = users !== undefined && (!mints || genuineIn.has(within.evidence));
    return used(actor, isGiven ? users.of(userOf(users, within.evidence, actor)) : mintOnce(tenantId(runId, within, actor)));
  }

  /** A pair has no third tenant: the limit of its second user is exhausted instead. */
  function userOf({ users: letters }: UserTokens, evidence: string, actor: Tenant): string {
    return letters[2 * pairOf(evidence) + (actor === 'tenant A' ? 0 : 1)] ?? '';
  }

  function mintOnce(userId: string): string {
    const token = minted.get(userId) ?? mint(userId) ?? '';
    minted.set(userId, token);
    return token;
  }

  function mint(userId: string): string | undefined {
    return mints ? signer?.sign({ sub: userId, exp: Math.floor(Date.now() / 1_000) + TOKEN_SECONDS }) : undefined;
  }

  function used(actor: Actor, token: string): string {
    if (!known.has(token)) onToken(actor, token);
    known.add(token);
    return token;
  }

  /** @throws {Error} for a tenant where there are none, because a request without its token would be another one */
  function tokenOf(actor: Actor): string | undefined {
    if (actor === 'anonymous') return undefined;
    if (users === undefined && !mints) throw new Error(`There are no users, and ${scope().evidence} acts as ${actor}.`);
    return tokenIn(scope(), actor);
  }

  return {
    tokenOf,
    subjectOf: (actor) => subjectOf(tokenOf(actor)),
    tokenIn,
    tokenFor: (userId) => mint(userId) ?? users?.users.map((user) => users.of(user)).find((token) => subjectOf(token) === userId),
    signer,
    mints,
    users,
  };
}

/**
 * Distributes the evidence over pairs of users, the one with the most requests first, each to the pair whose busier user then has the fewest.
 * @returns the number of the pair, from 0, by the name of the evidence
 */
export function distributeOverPairs(
  evidence: readonly { name: string; requests?: readonly [a: number, b: number] }[],
  pairs: number,
): ReadonlyMap<string, number> {
  const loads = Array.from({ length: Math.max(1, pairs) }, () => ({ a: 0, b: 0 }));
  const byRequests = evidence
    .map(({ name, requests: [a, b] = USUAL_REQUESTS }) => ({ name, a, b }))
    .toSorted((one, other) => Math.max(other.a, other.b) - Math.max(one.a, one.b));
  const placed = new Map<string, number>();
  for (const { name, a, b } of byRequests) {
    const after = loads.map((load) => Math.max(load.a + a, load.b + b));
    const pair = after.indexOf(Math.min(...after));
    loads[pair] = { a: (loads[pair]?.a ?? 0) + a, b: (loads[pair]?.b ?? 0) + b };
    placed.set(name, pair);
  }
  return placed;
}

/** The user id of a minted tenant. */
export function tenantId(runId: string, { evidence, part }: Scope, actor: Tenant): string {
  return ['audit', runId, evidence, ...(part === undefined ? [] : [part]), LETTERS[actor]].join('-');
}

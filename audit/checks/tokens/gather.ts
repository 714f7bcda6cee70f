import { setTimeout as sleep } from 'node:timers/promises';
import { type Operation, pathOfItem } from '../../contract/operations.ts';
import { twoRoutesTo } from '../../gather/client-addresses.ts';
import { pathOfCaller } from '../../contract/caller-path.ts';
import { openPath } from '../../contract/health.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { HttpRequest, Route } from '../../gather/http-client.ts';
import { signToken } from '../../gather/sign-token.ts';
import { createSecretSigner, type Signer } from '../../gather/signer.ts';
import type { Canary, Victim } from '../../gather/tenants.ts';
import type { Exchange } from '../../model/exchange.ts';
import { isRejected } from '../../model/response.ts';
import {
  type AttackAttempt,
  type AttackedObjects,
  type AttackEvidence,
  type Attacker,
  createAttackedObjects,
  createAttacker,
  createInEach,
  executable,
  placeRequest,
} from './attacks.ts';
import { type Claim, claimsToBe, merged } from './identity-claims.ts';
import {
  type Attack,
  bearer,
  forged,
  GARBAGE,
  inOtherPlaces,
  type Material,
  misplacedAndMalformed,
  otherHashes,
  oversized,
  rightlySigned,
  soon,
  underSecondKey,
} from './bad-credentials.ts';

/** The anonymous bucket of an address, often 100 requests a minute, must have room for all requests without a valid token. */
const READS_WITH_TOKENS_ELSEWHERE = 3;
const OPERATIONS_IN_PARTS = 3;
const OPERATIONS_WITH_EXPIRED_TOKEN = 3;
/** Lifetime of a token that expires during the audit: more than the clock of the target may be ahead. */
const SHORT_LIFE_SECONDS = 4;
/** Statuses for too much in one request, which show nothing about each part. */
const TOO_MUCH = [400, 413, 414, 431];

/** A key with which the audit can sign tokens. */
export type SigningKey = 'shared secret' | 'issuer';

type AcceptedTokens = {
  /** The owner reads with a token signed with BETTER_AUTH_SECRET, where the audit was given it. */
  secondKey?: Exchange;
  /** The owner reads with a token under the shared secret, where the tenants' tokens are the issuer's. */
  sharedSecret?: Exchange;
  /** The owner reads with a token that expires soon, where the key is known. The token is sent once more after its expiry. */
  ending?: { claims: ExpiringClaims; accepted: Exchange };
};

export type TokenEvidence = AttackEvidence &
  AcceptedTokens & {
    /** Large and expensive tokens. */
    oversized: readonly Exchange[];
    /** The keys with which unusable claims were signed. */
    signedWith: readonly SigningKey[];
  };

type ExpiringClaims = { sub: string; exp: number };

/** What shows that the API rejects invalid tokens: as little as possible, because all other evidence waits for it. */
export type AccessEvidence = AttackedObjects & { malformed: Exchange; accepted: AcceptedTokens };

export const accessEvidence: Evidence<AccessEvidence> = {
  name: 'access',
  tenantsOf: 'tokens',
  area: 'preconditions',
  genuine: true,
  gather: gatherAccess,
};

export const tokensEvidence: Evidence<TokenEvidence> = { name: 'tokens', area: 'tokens', genuine: true, gather: gatherTokens };

export const operationsEvidence: Evidence<CoverageEvidence> = { name: 'operations', area: 'tokens', gather: gatherOperations };

async function gatherAccess(context: GatherContext): Promise<AccessEvidence> {
  const objects = await createAttackedObjects(context);
  const path = pathOfItem(context.contract.resource.read, objects.victim.id);
  const { name, headers = [] } = GARBAGE;
  // Also the token that expires soon, because a request that waits for others could be sent after its expiry.
  const [malformed, accepted] = await Promise.all([
    context.http.send({ actor: 'anonymous', purpose: name, path, headers }),
    sendAcceptedTokens(context, path),
  ]);
  return { ...objects, malformed, accepted };
}

/**
 * Bad credentials, distributed over the protected operations: each operation gets some of every group, and an address with a limit of
 * 100 a minute has room for all of them. Writes are sent to another object than the one that the owner reads.
 */
export async function gatherTokens(context: GatherContext): Promise<TokenEvidence> {
  const { malformed, accepted, ...objects } = await context.evidence(accessEvidence);
  const attacker = createAttacker(context, objects, { made: { attack: GARBAGE, exchange: malformed } });
  const material = materialOf(context);
  const groups = [misplacedAndMalformed(material), forged(material), genuineExpired(context), ...signedAttacks(context)];
  const attacks = await attacker.attackEach(groups);
  const reads = attacker.operations.filter(({ method }) => method === 'GET').slice(0, READS_WITH_TOKENS_ELSEWHERE);
  attacks.push(...(await attackInOtherPlaces(reads, inOtherPlaces(material), attacker)));
  const other = (await twoRoutesTo(context.target.apiUrl))?.second;
  const claimed = attacker.operations.slice(0, Math.max(1, attacker.roomFor(other)));
  attacks.push(...(await attackInOtherPlaces(claimed, claimedIdentity(context), attacker, other)));
  attacks.push(...(await attacker.attackMissing(attacks, groups.flat(), other)));
  const large: Exchange[] = [];
  // In sequence: a slow one does not delay the others.
  for (const { name, headers = [] } of oversized(material)) large.push(await attacker.send({ purpose: name, path: attacker.path, headers }));
  const signedWith = signersOf(context).map(({ of }) => of);
  return { ...(await attacker.finish(attacks)), ...accepted, oversized: large, signedWith };
}

/** Reads of the owner with a token that expires soon, and with one under each other key that the audit has. */
async function sendAcceptedTokens(context: GatherContext, path: string): Promise<AcceptedTokens> {
  const { credentials, http, issuer, target } = context;
  const sub = credentials.subjectOf('tenant A');
  if (sub === undefined) return {};
  const read = (purpose: string, token: string): Promise<Exchange> => http.send({ actor: 'tenant A', token, purpose, path });
  const readWith = (purpose: string, secret: string | undefined): Promise<Exchange> | undefined =>
    secret === undefined ? undefined : read(purpose, signToken({ sub, exp: soon() }, secret));
  const { signer } = credentials;
  const claims = { sub, exp: Math.floor(Date.now() / 1_000) + SHORT_LIFE_SECONDS };
  const ending = signer && { claims, accepted: await read('the owner reads it with a token that expires soon', signer.sign(claims)) };
  const secondKey = await readWith('the owner reads it with a token under the second key', secondKeyOf(context));
  const sharedSecret = issuer && (await readWith('the owner reads it with a token under the shared secret', target.secrets['AUDIT_JWT_SECRET']));
  return { ...(ending && { ending }), ...(secondKey && { secondKey }), ...(sharedSecret && { sharedSecret }) };
}

function materialOf({ credentials, issuer, target }: GatherContext): Material {
  const [appName = ''] = new URL(target.appOrigin).hostname.split('.');
  return {
    token: credentials.tokenOf('tenant A') ?? '',
    other: credentials.tokenOf('tenant B') ?? '',
    publicNames: [appName],
    hasIssuer: issuer !== undefined,
  };
}

/** The keys that the audit has. A deployment with an issuer may accept a shared secret too. */
function signersOf({ credentials, issuer, target: { secrets } }: GatherContext): { of: SigningKey; signer: Signer }[] {
  const { AUDIT_JWT_SECRET: secret } = secrets;
  const shared = issuer !== undefined && secret !== undefined ? createSecretSigner(secret) : issuer === undefined ? credentials.signer : undefined;
  return [
    ...(issuer?.signer ? [{ of: 'issuer' as const, signer: issuer.signer }] : []),
    ...(shared === undefined ? [] : [{ of: 'shared secret' as const, signer: shared }]),
  ];
}

/** The second shared secret, unless the deployment has none: the app's own is then no key of the API. */
function secondKeyOf({ config, target }: GatherContext): string | undefined {
  return config.sharedSecretTokens === false ? undefined : target.secrets['BETTER_AUTH_SECRET'];
}

/** The issuer's own expired token, for the first operations; none where it was not given. */
function genuineExpired({ issuer }: GatherContext): Attack[] {
  const { expiredToken } = issuer ?? {};
  if (expiredToken === undefined) return [];
  return Array.from({ length: OPERATIONS_WITH_EXPIRED_TOKEN }, () => bearer('expired', 'a genuine token of the past', expiredToken));
}

/** Attacks with a valid signature; none where the audit has no key. */
function signedAttacks(context: GatherContext): Attack[][] {
  const userId = context.credentials.subjectOf('tenant A');
  if (userId === undefined) return [];
  const { AUDIT_JWT_SECRET: secret } = context.target.secrets;
  const secondKey = secondKeyOf(context);
  const signers = signersOf(context);
  const shared = signers.find(({ of }) => of === 'shared secret');
  return [
    ...signers.map(({ signer }) => rightlySigned(signer, userId)),
    ...(secret === undefined || shared === undefined ? [] : [otherHashes(secret, shared.signer, userId)]),
    ...(secondKey === undefined ? [] : [underSecondKey(secondKey, userId)]),
  ];
}

/** No token, and every claim to be the owner that can be made outside of a body. */
function claimedIdentity({ contract, credentials }: GatherContext): ReturnType<typeof inOtherPlaces> {
  const claims = claimsToBe(credentials.subjectOf('tenant A') ?? 'another-user', contract.resource.ownerProperty).filter(({ fields }) => !fields);
  const attack = (name: string, { headers, query }: Pick<Claim, 'headers' | 'query'>): Attack => ({
    kind: 'claimed-identity',
    name: `no token, ${name}`,
    ...(headers && { headers }),
    ...(query !== undefined && { query }),
  });
  return { whole: attack('claiming to be the owner', merged(claims)), parts: claims.map((claim) => attack(claim.row, claim)) };
}

/**
 * All other places of a token, or all claims, in one request per operation. Where the API rejects that as too much, or accepts it, each is
 * tried in a separate request (for the first accepted one only).
 */
async function attackInOtherPlaces(
  operations: readonly Operation[],
  { whole, parts }: ReturnType<typeof inOtherPlaces>,
  { attack }: Pick<Attacker, 'attack'>,
  other?: Route,
): Promise<AttackAttempt[]> {
  const attempts = await Promise.all(operations.map(async (operation) => ({ operation, attempt: await attack(operation, whole, other) })));
  const isTooMuch = ({ attempt }: (typeof attempts)[number]): boolean => TOO_MUCH.includes(attempt.exchange.response?.status ?? 0);
  const conclusive = attempts.filter((each) => !isTooMuch(each));
  const accepted = conclusive.filter(({ attempt }) => !isRejected(attempt.exchange)).slice(0, 1);
  const apart = [...attempts.filter(isTooMuch).slice(0, OPERATIONS_IN_PARTS), ...accepted];
  const inParts = apart.flatMap(({ operation }) => parts.map((part) => attack(operation, part, other)));
  return [...(await Promise.all(inParts)), ...conclusive.map(({ attempt }) => attempt)];
}

export type CoverageEvidence = {
  operations: readonly { operation: Operation; without: Exchange }[];
  /** Other spellings of path and method, without a token. */
  spellings: readonly Exchange[];
  /** One object of each collection, and what its owner reads afterwards. */
  victims: readonly { victim: Victim; after: Exchange }[];
  /** Protected operations that are left out, such as DELETE /me, and why. */
  notExecuted: readonly { endpoint: string; reason: string }[];
  /** The token that was accepted before its expiry, after it. Where it is accepted again, another token with the same expiry. */
  ended?: { repeated: Exchange; fresh?: Exchange };
};

/** Every protected operation of the contract without a token, on objects that exist. */
async function gatherOperations(context: GatherContext): Promise<CoverageEvidence> {
  const { contract } = context;
  const targets = await createInEach(context, ({ createVictim }) => createVictim('tenant A', 'object for operations without a token'));
  const victim = targets.find(({ resource }) => resource === contract.resource)?.decoy;
  if (victim === undefined) throw new Error('unreachable: the main collection is one of all');
  const operations = await Promise.all(
    // The control of the attacks is a read without a token.
    executable(contract)
      .filter(({ id }) => id !== contract.resource.read.id)
      .map(async (operation) => ({
        operation,
        without: await context.http.send({ actor: 'anonymous', purpose: 'no token', ...placeRequest(contract, operation, victim, targets) }),
      })),
  );
  const spellings = await sendOtherSpellings(context, victim);
  const victims = await Promise.all(
    targets.map(async ({ resource, decoy }) => ({
      victim: decoy,
      after: await context.objectsOf(resource).read('tenant A', decoy.id, 'the owner reads it after the operations without a token'),
    })),
  );
  const notExecuted = contract.leftOut
    .filter(({ operation }) => operation.protected)
    .map(({ operation: { method, path }, reason }) => ({ endpoint: `${method} ${path}`, reason }));
  const ended = await sendAfterExpiry(context, await context.evidence(accessEvidence));
  return { operations, spellings, victims, notExecuted, ...(ended && { ended }) };
}

function sendOtherSpellings({ contract, credentials, http }: GatherContext, { id }: Canary): Promise<Exchange[]> {
  // Also for the headers, in which the HTTP client fills in nothing.
  const item = pathOfCaller(pathOfItem(contract.resource.read, id), () => credentials.subjectOf('tenant A'));
  const rewritten = { step: 'path-override', path: openPath(contract) } as const;
  const spellings: (Pick<HttpRequest, 'purpose' | 'path'> & Partial<HttpRequest>)[] = [
    { purpose: 'HEAD', path: item, method: 'HEAD' },
    { purpose: 'trailing slash', path: `${item}/` },
    { purpose: 'double slash', path: `/${item}` },
    { purpose: 'upper case', path: item.toUpperCase() },
    { purpose: 'encoded dot', path: `${item}/%2e` },
    { purpose: 'path parameter', path: `${item};x` },
    { purpose: 'method override', path: item, method: 'POST', headers: [['X-HTTP-Method-Override', 'GET']] },
    { purpose: 'rewritten URL', ...rewritten, headers: ['X-Original-URL', 'X-Rewrite-URL'].map((name) => [name, item] as const) },
  ];
  return Promise.all(spellings.map((request) => http.send({ actor: 'anonymous', ...request })));
}

async function sendAfterExpiry(
  { contract, credentials: { signer }, http }: GatherContext,
  { victim, accepted: { ending } }: AccessEvidence,
): Promise<CoverageEvidence['ended']> {
  if (signer === undefined || ending === undefined) return undefined;
  const { claims } = ending;
  await sleep(Math.max(0, (claims.exp + 1) * 1_000 - Date.now()));
  const path = pathOfItem(contract.resource.read, victim.id);
  const send = (purpose: string, token: string): Promise<Exchange> =>
    http.send({ actor: 'anonymous', purpose, path, headers: [['Authorization', `Bearer ${token}`]] });
  const repeat = (): Promise<Exchange> => send('a token that was accepted, after its expiry', signer.sign(claims));
  const repeated = await repeat();
  if (isRejected(repeated)) return { repeated };
  const fresh = await send('another token after the same expiry', signer.sign({ ...claims, iat: claims.exp - SHORT_LIFE_SECONDS }));
  // Once more: a clock tolerance may have ended between the two.
  return { repeated: await repeat(), fresh };
}

import { placeOf } from '../../contract/contract.ts';
import { type Operation, operationsOf, pathOfItem, type Resource } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { HttpRequest } from '../../gather/http-client.ts';
import { bodyOf, type Canary, newCanaryText, type Victim } from '../../gather/tenants.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Cell } from '../../model/matrix.ts';
import { otherIdentity, soon } from './bad-credentials.ts';
import { NO_KEY } from './families.ts';
import { type Claim, claimsToBe, merged, OTHER_CLAIMS } from './identity-claims.ts';

/** B's requests that claim to come from A, on every operation of a collection. */
export type IdentityOf = {
  collection: string;
  victim: Victim;
  /** B's reads without a claim: its token works, and they do not show A's object. */
  controls: readonly { column: string; exchange: Exchange }[];
  /** An object that B creates without a claim: A's list must not show it either. */
  ofB: Canary;
  cells: readonly Cell<{ exchange: Exchange }>[];
  /** The texts of what B tried to create. */
  texts: readonly string[];
  ownerAfter: Exchange;
  listAfter: Exchange;
  userIdOfA: string | undefined;
};

export const identityEvidence: Evidence<readonly IdentityOf[]> = {
  name: 'identity',
  isMatrix: true,
  requests: [12, 27],
  area: 'tokens',
  gather: gatherIdentity,
};

/** Too much in one request, or a parameter or property that the API does not take: that shows nothing about each name. */
const NOT_ACCEPTED = [400, 413, 414, 422, 431];
const NO_BODY = 'the operation takes no body';

function gatherIdentity(context: GatherContext): Promise<IdentityOf[]> {
  return Promise.all(context.collections().map((resource) => context.withOwnTenants(resource.name, () => gatherIdentityIn(context, resource))));
}

async function gatherIdentityIn(context: GatherContext, resource: Resource): Promise<IdentityOf> {
  const objects = context.objectsOf(resource);
  const userIdOfA = context.credentials.subjectOf('tenant A');
  const victim = await objects.createVictim('tenant A', 'object that a caller who claims to be its owner requests');
  const ofB = await objects.tryToCreate('tenant B', 'object that its own tenant creates');
  const operations = operationsFor(context, resource);
  const sender = createSender(context, resource, victim);
  const claims = claimsToBe(userIdOfA ?? 'another-user', resource.ownerProperty);
  const controls = await Promise.all(
    operations
      .filter(({ method }) => method === 'GET')
      .map(async (operation) => ({ column: operation.id, exchange: await sender.send(operation, { purpose: 'no claim' }) })),
  );
  const cells = (await Promise.all(operations.map((operation) => tryClaims(context, operation, claims, sender)))).flat();
  return {
    collection: resource.name,
    victim,
    controls,
    ofB,
    cells,
    texts: sender.texts,
    ownerAfter: await objects.read('tenant A', victim.id, 'the owner reads it after the claims'),
    listAfter: (await objects.findMarked('tenant A')).exchange,
    userIdOfA,
  };
}

/** Of the main collection also the reads outside of every collection, such as a profile. */
function operationsFor({ contract }: GatherContext, resource: Resource): Operation[] {
  if (resource !== contract.resource) return operationsOf(resource);
  const inCollections = new Set(contract.resources.flatMap(operationsOf).map(({ id }) => id));
  const outside = contract.operations.filter(
    (operation) =>
      operation.protected &&
      operation.method === 'GET' &&
      !inCollections.has(operation.id) &&
      placeOf(contract, operation) !== undefined &&
      !operation.path.replace(operation.caller ?? '', '').includes('{'),
  );
  return [...operationsOf(resource), ...outside];
}

type Sender = { texts: string[]; send(operation: Operation, claim: Omit<Claim, 'row'> & Pick<HttpRequest, 'purpose' | 'token'>): Promise<Exchange> };

function createSender({ http }: GatherContext, resource: Resource, { id }: Victim): Sender {
  const texts: string[] = [];
  return {
    texts,
    send(operation, { purpose, headers, query = '', fields, token }) {
      const text = newCanaryText();
      if (operation.sample !== undefined) texts.push(text);
      const { body } = bodyOf(operation, resource, text);
      return http.send({
        actor: 'tenant B',
        purpose,
        method: operation.method,
        path: `${pathOfItem(operation, id)}${query}`,
        body: fields ? { ...(body as object), ...fields } : body,
        ...(headers && { headers }),
        ...(token !== undefined && { token }),
      });
    },
  };
}

type IdentityCell = Cell<{ exchange: Exchange }>;

/** With two given tokens, which share one bucket, all claims outside of the body are in one request. */
async function tryClaims(context: GatherContext, operation: Operation, claims: readonly Claim[], sender: Sender): Promise<IdentityCell[]> {
  const column = operation.id;
  const takesBody = typeof operation.sample === 'object' && operation.sample !== null;
  const outside = claims.filter(({ fields }) => fields === undefined);
  const inBody = claims.filter(({ fields }) => fields !== undefined);
  const attempts = context.credentials.mints
    ? outside.map(async (claim) => (await tryClaim(operation, claim, sender)).map((exchange) => ({ row: claim.row, column, exchange })))
    : [tryAtOnce(operation, outside, sender)];
  const bodies = inBody.map(async (claim): Promise<IdentityCell[]> => {
    if (!takesBody) return [{ row: claim.row, column, excluded: NO_BODY }];
    const first = context.credentials.mints ? claim : { ...claim, fields: Object.fromEntries(Object.entries(claim.fields ?? {}).slice(0, 1)) };
    return (await tryClaim(operation, first, sender)).map((exchange) => ({ row: claim.row, column, exchange }));
  });
  return (await Promise.all<readonly IdentityCell[]>([...attempts, ...bodies, tryOtherClaims(context, operation, sender)])).flat();
}

/** All names in one request. Where the API does not accept them together, each in a separate one. */
async function tryClaim(operation: Operation, { row, ...claim }: Claim, { send }: Sender): Promise<Exchange[]> {
  const all = await send(operation, { purpose: row, ...claim });
  const parts = partsOf(claim);
  if (parts.length < 2 || !NOT_ACCEPTED.includes(all.response?.status ?? 0)) return [all];
  return [all, ...(await Promise.all(parts.map((part) => send(operation, { purpose: `${row}, one name`, ...part }))))];
}

function partsOf({ query = '', fields = {} }: Omit<Claim, 'row'>): Omit<Claim, 'row'>[] {
  const parameters = query.slice(1).split('&').filter(Boolean);
  return [...parameters.map((each) => ({ query: `?${each}` })), ...Object.entries(fields).map((field) => ({ fields: Object.fromEntries([field]) }))];
}

async function tryAtOnce(operation: Operation, claims: readonly Claim[], { send }: Sender): Promise<IdentityCell[]> {
  const exchange = await send(operation, { purpose: 'every claim to be another user', ...merged(claims) });
  return claims.map(({ row }) => ({ row, column: operation.id, exchange }));
}

async function tryOtherClaims({ credentials }: GatherContext, operation: Operation, { send }: Sender): Promise<IdentityCell[]> {
  const [row, column] = [OTHER_CLAIMS.name, operation.id];
  const { signer, mints } = credentials;
  const [a, b] = [credentials.subjectOf('tenant A'), credentials.subjectOf('tenant B')];
  if (signer === undefined || !mints || a === undefined || b === undefined) return [{ row, column, excluded: NO_KEY }];
  const token = signer.sign({ ...otherIdentity(a, signer.common), sub: b, exp: soon() });
  return [{ row, column, exchange: await send(operation, { purpose: row, token }) }];
}

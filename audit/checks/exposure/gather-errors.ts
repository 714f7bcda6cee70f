import { randomBytes } from 'node:crypto';
import type { Resource } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { Policy } from '../../model/policy.ts';
import type { Exchange } from '../../model/exchange.ts';
import { sendAndRetry } from '../headers/gather.ts';
import { badInput, badRequests } from './bad-input.ts';

/** Requests that provoke errors. */
export type ForcedErrorsEvidence = {
  /** The contract forbids these: they must get a client error. */
  forced: readonly Exchange[];
  /** The contract permits these: they may succeed. */
  permitted: readonly Exchange[];
  /** The contract forbids these, and an API without the policy may accept them. */
  byPolicy: readonly { policy: Policy; exchange: Exchange }[];
};

export const forcedErrorsEvidence: Evidence<ForcedErrorsEvidence> = {
  name: 'forced-errors',
  isMatrix: true,
  requests: [35, 25],
  area: 'exposure',
  gather: gatherForcedErrors,
};

/** Of many collections those that are not tried as a whole get each third input, and each another third. */
const SHARE_OF_OTHERS = 3;

export async function gatherForcedErrors(context: GatherContext): Promise<ForcedErrorsEvidence> {
  const { resources } = context.contract;
  const found = resources.map((resource, index) => context.withOwnTenants(resource.name, () => provokeErrors(context, resource, index)));
  const sent = (await Promise.all(found)).flat();
  const exchangesWhere = (wanted: boolean): Exchange[] =>
    sent.flatMap(({ policy, permitted, exchanges }) => (policy === undefined && permitted === wanted ? exchanges : []));
  const byPolicy = sent.flatMap(({ policy, exchanges }) => (policy === undefined ? [] : exchanges.map((exchange) => ({ policy, exchange }))));
  return { forced: exchangesWhere(false), permitted: exchangesWhere(true), byPolicy };
}

type Provoked = { permitted: boolean; policy: Policy | undefined; exchanges: readonly Exchange[] };

async function provokeErrors(context: GatherContext, resource: Resource, index: number): Promise<Provoked[]> {
  // The tenants take turns, because the rate limit of one does not allow the inputs of every collection.
  const actor = index % 2 === 0 ? 'tenant A' : 'tenant B';
  const own = await context.objectsOf(resource).tryToCreate(actor, 'object for bad updates');
  const random = randomBytes(6).toString('hex');
  const inputs = [...(index === 0 ? badRequests(resource, random) : []), ...badInput(context.contract, resource, own, random)];
  const isWhole = context.collections().includes(resource);
  const chosen = inputs.filter((_, number) => isWhole || (number + index) % SHARE_OF_OTHERS === 0);
  // Input that the contract permits may create an object without the marker, which cleanup would not find.
  const allowed = chosen.filter((request) => context.writes.objectionTo(request) === undefined);
  return Promise.all(
    allowed.map(async ({ permitted, policy, ...request }) => ({
      permitted,
      policy,
      exchanges: await sendAndRetry(context.http, { actor, ...request }),
    })),
  );
}

import { isSilent } from '../../model/verdict.ts';
import { randomBytes } from 'node:crypto';
import type { Policy } from '../../model/policy.ts';
import { pathOfItem, rejectionOf, successOf } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import { FOREIGN_ORIGIN } from '../lookalike-origins.ts';
import { FORGED_HOST } from '../exposure/bad-input.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { HttpClient, HttpRequest } from '../../gather/http-client.ts';

type Kind = 'preflight' | 'open' | 'private' | 'disallowed origin';

/** One response of each status that the contract documents. All requests but the one of a foreign origin have the app's origin. */
export type StatusClassesEvidence = {
  appOrigin: string;
  classes: readonly StatusClass[];
};

export type StatusClass = {
  /** The expected status; the received one where only an undeclared policy states another. */
  status: number;
  kind: Kind;
  exchange: Exchange;
  /** The status that a policy requires, whether it is declared or not. */
  required?: { policy: Policy; status: number };
};

export const statusClassesEvidence: Evidence<StatusClassesEvidence> = { name: 'status-classes', area: 'headers', gather: gatherStatusClasses };

export async function gatherStatusClasses(context: GatherContext): Promise<StatusClassesEvidence> {
  const { contract, http, objects, policies, target } = context;
  const headers = [['Origin', target.appOrigin] as const, ['X-Forwarded-Host', FORGED_HOST] as const];
  const canary = await objects.tryToCreate('tenant A', 'a new object', { headers });
  const classes = await Promise.all(
    requestsFor(context, canary.id).map(async ({ status, kind, policy, ...request }) =>
      (await sendAndRetry(http, request)).map((exchange) => {
        const got = exchange.response?.status ?? status;
        // 200 and 204 are usual for a preflight. token-missing judges a 403 without a token.
        const isFree =
          (kind === 'preflight' && got === 200) || (status === 401 && got === 403) || (policy !== undefined && !policies.has(policy) && got < 500);
        return { status: isFree ? got : status, kind, exchange, ...(policy && { required: { policy, status } }) };
      }),
    ),
  );
  const creation = {
    status: successOf(contract.resource.create, canary.created.response?.status),
    kind: 'private' as const,
    exchange: canary.created,
  };
  return { appOrigin: target.appOrigin, classes: [...classes.flat(), creation] };
}

type Planned = HttpRequest & {
  status: number;
  kind: Kind;
  /** Without it the API may respond with any status. */
  policy?: Policy;
};

/** @param createdId the object that the audit created; empty where the target rejects the app's origin or its token */
function requestsFor({ contract, target }: GatherContext, createdId: string): Planned[] {
  const { list, create, read, unknownId } = contract.resource;
  const origin = ['Origin', target.appOrigin] as const;
  const get = (status: number, purpose: string, path: string): Planned => {
    return { status, kind: 'private', actor: 'tenant A', purpose, method: 'GET', path, headers: [origin] };
  };
  const post = (status: number, purpose: string, body: unknown, ...more: readonly (readonly [string, string])[]): Planned => {
    return { status, kind: 'private', actor: 'tenant A', purpose, method: 'POST', path: create.path, headers: [origin, ...more], body };
  };
  const preflight = [['Access-Control-Request-Method', 'GET'] as const, ['Access-Control-Request-Headers', 'authorization'] as const];
  // Only to an object of this run: an undocumented method could change another one.
  const documented = contract.operations.filter(({ path }) => path === read.path).map(({ method }) => method);
  const unsupported = ['POST', 'PATCH', 'PUT', 'DELETE'].find((method) => !documented.includes(method)) ?? 'TRACE';
  const created = createdId === '' ? undefined : pathOfItem(read, createdId);
  return [
    ...(contract.health === undefined ? [] : [{ ...get(200, 'health', contract.health.path), kind: 'open' as const, actor: 'anonymous' as const }]),
    get(200, 'a list', list.path),
    ...(created === undefined ? [] : [get(200, 'an object', created)]),
    { ...get(204, 'a preflight', list.path), kind: 'preflight', actor: 'anonymous', method: 'OPTIONS', headers: [origin, ...preflight] },
    post(rejectionOf(create, 400, 422), 'malformed JSON', '{"'),
    { ...get(401, 'no token', list.path), actor: 'anonymous' },
    {
      ...get(403, 'a foreign origin', list.path),
      policy: 'other-origins-rejected',
      kind: 'disallowed origin',
      headers: [['Origin', FOREIGN_ORIGIN]],
    },
    get(404, 'an unknown object', pathOfItem(read, unknownId)),
    get(404, 'an unknown path', `/audit-${randomBytes(6).toString('hex')}`),
    ...(created === undefined ? [] : [{ ...get(405, 'an unsupported method', created), policy: 'method-not-allowed' as const, method: unsupported }]),
    { ...post(413, 'a body of 64 KiB', JSON.stringify({ padding: 'x'.repeat(65_536) })), policy: 'body-limit' },
    post(rejectionOf(create, 415, 422, 400), 'a text/plain body', 'text', ['Content-Type', 'text/plain']),
    post(rejectionOf(create, 422, 400), 'an empty JSON object', {}),
  ];
}

/** Repeats a request after a 5xx, so that a judge can distinguish a bug from a short outage. */
export async function sendAndRetry(http: HttpClient, request: HttpRequest): Promise<Exchange[]> {
  const first = await http.send(request);
  if ((first.response?.status ?? 0) < 500) return [first];
  const again = await http.send({ ...request, retryOf: first.id });
  // A connection behind the edge can break while a large body is sent. survives-requests judges an API that stopped.
  return isSilent(first) && !isSilent(again) ? [again] : [first, again];
}

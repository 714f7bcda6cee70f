import { randomBytes } from 'node:crypto';
import { pathOfItem, refusalOf } from '../../contract/operations.ts';
import type { Actor, Exchange } from '../../model/exchange.ts';
import { FOREIGN_ORIGIN } from '../lookalike-origins.ts';
import { badInput, badRequests, FORGED_HOST } from '../exposure/bad-input.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';
import type { HttpClient, HttpRequest } from '../../gather/http-client.ts';

/** One answer of every status the API documents, asked for from the app's origin (but for the refused one). */
export type StatusClassesEvidence = {
  appOrigin: string;
  classes: readonly { status: number; kind: 'preflight' | 'open' | 'private' | 'refused origin'; exchange: Exchange }[];
};

export const statusClassesEvidence: Evidence<StatusClassesEvidence> = { name: 'status-classes', area: 'headers', gather: gatherStatusClasses };

export const forcedErrorsEvidence: Evidence<ForcedErrorsEvidence> = { name: 'forced-errors', area: 'exposure', gather: gatherForcedErrors };

export async function gatherStatusClasses(context: GatherContext): Promise<StatusClassesEvidence> {
  const { http, target, contract } = context;
  const { list, create, read } = contract.resource;
  const origin = ['Origin', target.appOrigin] as const;
  const ask = (actor: Actor, purpose: string, method: string, path: string, body?: unknown, type?: string): Promise<Exchange[]> =>
    oftenEnough(http, {
      actor,
      purpose,
      method,
      path,
      headers: [origin, ...(type === undefined ? [] : [['Content-Type', type] as const])],
      ...(body !== undefined && { body }),
    });
  // Where the app itself is refused there is none, and that is what its class shows.
  const canary = await context.objects.tryToCreate('tenant A', 'a new object', { headers: [origin, ['X-Forwarded-Host', FORGED_HOST]] });
  const unknown = pathOfItem(read, contract.resource.unknownId);
  // On an object of this run: elsewhere an undocumented method could change what is not the audit's.
  const taken = contract.operations.filter(({ path }) => path === read.path).map(({ method }) => method);
  const unsupported = ['POST', 'PATCH', 'PUT', 'DELETE'].find((method) => !taken.includes(method)) ?? 'TRACE';
  const wanted = [
    [200, 'open', ask('anonymous', 'health', 'GET', contract.health.path)],
    [200, 'private', ask('tenant A', 'a list', 'GET', list.path)],
    [200, 'private', canary.id === '' ? [] : ask('tenant A', 'an object', 'GET', pathOfItem(read, canary.id))],
    [
      204,
      'preflight',
      oftenEnough(http, {
        actor: 'anonymous',
        purpose: 'a preflight',
        method: 'OPTIONS',
        path: list.path,
        headers: [origin, ['Access-Control-Request-Method', 'GET'], ['Access-Control-Request-Headers', 'authorization']],
      }),
    ],
    [refusalOf(create, 400, 422), 'private', ask('tenant A', 'malformed JSON', 'POST', create.path, '{"')],
    [401, 'private', ask('anonymous', 'no token', 'GET', list.path)],
    [
      403,
      'refused origin',
      oftenEnough(http, { actor: 'tenant A', purpose: 'a foreign origin', path: list.path, headers: [['Origin', FOREIGN_ORIGIN]] }),
    ],
    [404, 'private', ask('tenant A', 'an unknown object', 'GET', unknown)],
    [404, 'private', ask('tenant A', 'an unknown path', 'GET', `/audit-${randomBytes(6).toString('hex')}`)],
    [405, 'private', canary.id === '' ? [] : ask('tenant A', 'an unsupported method', unsupported, pathOfItem(read, canary.id))],
    [413, 'private', ask('tenant A', 'a body of 64 KiB', 'POST', create.path, JSON.stringify({ padding: 'x'.repeat(65_536) }))],
    [refusalOf(create, 415, 422, 400), 'private', ask('tenant A', 'a body of text', 'POST', create.path, 'text', 'text/plain')],
    [refusalOf(create, 422, 400), 'private', ask('tenant A', 'an empty object', 'POST', create.path, {})],
    [create.success, 'private', [canary.created]],
  ] as const;
  const classes = await Promise.all(
    wanted.map(async ([status, kind, sent]) =>
      (await sent).map((exchange) =>
        // Both are usual for a preflight.
        ({ status: kind === 'preflight' && exchange.response?.status === 200 ? 200 : status, kind, exchange }),
      ),
    ),
  );
  return { appOrigin: target.appOrigin, classes: classes.flat() };
}

/** Once, and once more where the API fails: what fails again did not fail by chance. */
async function oftenEnough(http: HttpClient, request: HttpRequest): Promise<Exchange[]> {
  const first = await http.send(request);
  return (first.response?.status ?? 0) < 500 ? [first] : [first, await http.send({ ...request, retryOf: first.id })];
}

/** Requests made to provoke an error: what comes back must be a client error without internals. */
export type ForcedErrorsEvidence = {
  forced: readonly Exchange[];
  /** What the contract does not forbid: it may succeed too. */
  permitted: readonly Exchange[];
};

export async function gatherForcedErrors(context: GatherContext): Promise<ForcedErrorsEvidence> {
  const { contract, http } = context;
  const sent = await Promise.all(
    contract.resources.map(async (resource, index) => {
      // Each tenant has room for the inputs of some collections.
      const actor = index % 2 === 0 ? 'tenant A' : 'tenant B';
      const mine = await context.objectsOf(resource).tryToCreate(actor, 'object for bad updates');
      const random = randomBytes(6).toString('hex');
      const inputs = [...(index === 0 ? badRequests(resource, random) : []), ...badInput(contract, resource, mine, random)];
      // A contract may call valid what could then become an object without the mark, and without an object there are no updates.
      const allowed = inputs.filter((request) => context.writes.objectionTo(request) === undefined);
      return Promise.all(
        allowed.map(async ({ permitted, ...request }) => ({ permitted, exchanges: await oftenEnough(http, { actor, ...request }) })),
      );
    }),
  );
  const those = (wanted: boolean): Exchange[] => sent.flat().flatMap(({ permitted, exchanges }) => (permitted === wanted ? exchanges : []));
  return { forced: those(false), permitted: those(true) };
}

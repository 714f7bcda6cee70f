import { randomBytes } from 'node:crypto';
import { pathOfItem } from '../contract.ts';
import type { Actor, Exchange } from '../exchange.ts';
import type { Kit } from './kit.ts';
import { newCanaryText } from './tenants.ts';

/** One answer of every status the API documents, asked for from the app's origin (but for the refused one). */
export type StatusClassesEvidence = {
  appOrigin: string;
  classes: readonly { status: number; kind: 'preflight' | 'open' | 'private' | 'refused origin'; exchange: Exchange }[];
};

export async function probeStatusClasses(kit: Kit): Promise<StatusClassesEvidence> {
  const { wire, target, contract } = kit;
  const { list, create, read } = contract.resource;
  const origin = ['Origin', target.appOrigin] as const;
  const ask = (actor: Actor, purpose: string, method: string, path: string, body?: unknown, type?: string): Promise<Exchange> =>
    wire.send({
      actor,
      purpose,
      method,
      path,
      headers: [origin, ...(type === undefined ? [] : [['Content-Type', type] as const])],
      ...(body !== undefined && { body }),
    });
  const canary = await kit.objects.create('tenant A', 'a new object', { headers: [origin, ['X-Forwarded-Host', FORGED_HOST]] });
  const unknown = pathOfItem(read, contract.resource.unknownId);
  const wanted = [
    [200, 'open', ask('anonymous', 'health', 'GET', contract.health.path)],
    [200, 'private', ask('tenant A', 'a list', 'GET', list.path)],
    [200, 'private', ask('tenant A', 'an object', 'GET', pathOfItem(read, canary.id))],
    [
      204,
      'preflight',
      wire.send({
        actor: 'anonymous',
        purpose: 'a preflight',
        method: 'OPTIONS',
        path: list.path,
        headers: [origin, ['Access-Control-Request-Method', 'GET'], ['Access-Control-Request-Headers', 'authorization']],
      }),
    ],
    [400, 'private', ask('tenant A', 'malformed JSON', 'POST', create.path, '{"')],
    [401, 'private', ask('anonymous', 'no token', 'GET', list.path)],
    [
      403,
      'refused origin',
      wire.send({ actor: 'tenant A', purpose: 'a foreign origin', path: list.path, headers: [['Origin', 'https://foreign-site.example']] }),
    ],
    [404, 'private', ask('tenant A', 'an unknown object', 'GET', unknown)],
    [404, 'private', ask('tenant A', 'an unknown path', 'GET', `/audit-${randomBytes(6).toString('hex')}`)],
    [405, 'private', ask('tenant A', 'an unsupported method', 'PATCH', list.path)],
    [413, 'private', ask('tenant A', 'a body of 64 KiB', 'POST', create.path, JSON.stringify({ padding: 'x'.repeat(65_536) }))],
    [415, 'private', ask('tenant A', 'a body of text', 'POST', create.path, 'text', 'text/plain')],
    [422, 'private', ask('tenant A', 'an empty object', 'POST', create.path, {})],
  ] as const;
  const classes = await Promise.all(wanted.map(async ([status, kind, exchange]) => ({ status, kind, exchange: await exchange })));
  return { appOrigin: target.appOrigin, classes: [...classes, { status: 201, kind: 'private', exchange: canary.created }] };
}

/** Must not come back in any answer. */
export const FORGED_HOST = 'forged-host.example';

/** Requests made to provoke an error: what comes back must be a client error without internals. */
export type ForcedErrorsEvidence = { forced: readonly Exchange[] };

export async function probeForcedErrors(kit: Kit): Promise<ForcedErrorsEvidence> {
  const { list, create, read, pageSize, search = 'search' } = kit.contract.resource;
  const size = pageSize?.name ?? 'per_page';
  const get = (purpose: string, path: string): Promise<Exchange> => kit.wire.send({ actor: 'tenant A', purpose, path });
  const post = (purpose: string, body: string): Promise<Exchange> =>
    kit.wire.send({ actor: 'tenant A', purpose, method: 'POST', path: create.path, body });
  const sample = create.sample as object;
  const text = kit.contract.resource.textProperty;
  const update = kit.contract.resource.onItem.find(({ method, sample: body }) => method !== 'DELETE' && body !== undefined);
  const mine = await kit.objects.create('tenant A', 'object for bad updates');
  const put = (purpose: string, body: unknown): Promise<Exchange>[] =>
    update === undefined ? [] : [kit.wire.send({ actor: 'tenant A', purpose, method: update.method, path: pathOfItem(update, mine.id), body })];
  const forced = await Promise.all([
    ...put('an unknown field in an update', { audit_unknown_field: true }),
    ...put('NUL in an update', { [kit.contract.resource.textProperty]: 'a\u0000b' }),
    kit.wire.send({ actor: 'tenant A', purpose: 'TRACE', method: 'TRACE', path: list.path }),
    kit.wire.send({
      actor: 'tenant A',
      purpose: 'a forged host',
      path: `/audit-${randomBytes(6).toString('hex')}`,
      headers: [
        ['X-Forwarded-Host', FORGED_HOST],
        ['Forwarded', `host=${FORGED_HOST}`],
      ],
    }),
    get('an id just out of range', pathOfItem(read, '2147483648')),
    get('an id beyond exact numbers', pathOfItem(read, '9007199254740993')),
    get('NUL in a parameter', `${list.path}?${search}=a%00b`),
    get('a page size of none', `${list.path}?${size}=0`),
    get('a negative page size', `${list.path}?${size}=-1`),
    get('bad percent-encoding', `${list.path}/%E0%A4%A`),
    get('a quote in an id', pathOfItem(read, "1' or '1'='1")),
    get('an id out of range', pathOfItem(read, '99999999999999999999')),
    get('a fractional id', pathOfItem(read, '1.5')),
    get('a negative page', `${list.path}?page=-1`),
    get('a huge page size', `${list.path}?${size}=1000000000`),
    get('a repeated parameter', `${list.path}?page=1&page=2`),
    post('null', 'null'),
    post('an array', '[]'),
    post('a number', '1'),
    post('NUL in text', JSON.stringify({ ...sample, [text]: 'a\u0000b' })),
    post('a number for text', JSON.stringify({ ...sample, [text]: 1 })),
    post('an unknown field', JSON.stringify({ ...sample, [text]: newCanaryText(), audit_unknown_field: true })),
    post('over-long text', JSON.stringify({ ...sample, [text]: 'x'.repeat(10_000) })),
    post('nesting of 5,000', `${'['.repeat(5_000)}${']'.repeat(5_000)}`),
  ]);
  return { forced };
}

import { randomUUID } from 'node:crypto';
import { deletionOf, type Operation, pathOfItem, type Resource } from '../../contract/operations.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { HttpRequest } from '../../gather/http-client.ts';
import { bodyOf } from '../../gather/tenants.ts';
import { takeTurns } from '../../model/matrix.ts';
import { soon } from '../tokens/bad-credentials.ts';

type Header = readonly [string, string];

/** A place to send to: an operation, and what it needs. */
export type Place = { operation: Operation; resource: Resource; own: () => Promise<string>; deleted: string | undefined; index: number };

/** A class of requests that must count: the request for an operation, or why the class has no meaning for it. */
export type CountedClass = {
  name: string;
  request: (place: Place, context: GatherContext) => Promise<Partial<HttpRequest>> | Partial<HttpRequest> | string;
};

const NO_BODY = 'the operation takes no body';

/** Outcomes and methods that limiters leave out. */
export const OUTCOMES: readonly CountedClass[] = [
  { name: 'a valid request', request: valid },
  { name: 'HEAD', request: (place) => (place.operation.method === 'GET' ? { ...rejected(place), method: 'HEAD' } : 'only reads have HEAD') },
  { name: 'an object that does not exist', request: (place) => (isOnItem(place) ? rejected(place) : 'the path names no object') },
  { name: 'an invalid body', request: (place) => withBody(place, { audit_unknown: [] }) },
  { name: 'a body that is not JSON', request: (place) => withBody(place, '{"audit') },
];

const INTERNAL_ADDRESSES = ['127.0.0.1', '10.0.0.1', '::1'] as const;
const MONITORS = [
  'kube-probe/1.33',
  'UptimeRobot/2.0',
  'vercel-cron/1.0',
  'GoogleHC/1.0',
  'ELB-HealthChecker/2.0',
  'Better Uptime Bot',
  'Googlebot/2.1',
  'k6/1.0',
] as const;

/** What a caller chooses, and limiters use as a part of the key or as a reason for an exemption. */
export const VALUES: readonly CountedClass[] = [
  withHeaders('an internal address', ({ index }) => {
    const address = takeTurns(INTERNAL_ADDRESSES, index);
    return ['X-Forwarded-For', 'X-Real-IP', 'X-Client-IP', 'True-Client-IP', 'CF-Connecting-IP', 'X-Remote-Addr', 'X-Originating-IP'].map((name) => [
      name,
      address,
    ]);
  }),
  withHeaders('a monitor as the user agent', ({ index }) => [['User-Agent', takeTurns(MONITORS, index)]]),
  withHeaders('headers of internal requests', () => [
    ...[
      'X-Internal',
      'X-Internal-Request',
      'X-Health-Check',
      'X-Admin',
      'X-Test',
      'X-Load-Test',
      'X-Debug',
      'X-Bypass-Rate-Limit',
      'X-RateLimit-Bypass',
      'X-No-Rate-Limit',
      'X-Skip-Rate-Limit',
      'X-Service',
      'X-Vercel-Cron',
      'X-Middleware-Subrequest',
    ].map((name): Header => [name, 'true']),
    ['X-Request-Source', 'internal'],
    ['Purpose', 'prefetch'],
    ['Sec-Purpose', 'prefetch'],
  ]),
  {
    name: 'the origin of the app',
    request: (place, { target }) => ({
      ...rejected(place),
      headers: [
        ['Origin', target.appOrigin],
        ['Referer', `${target.appOrigin}/`],
      ],
    }),
  },
  withHeaders('another format', () => [
    ['Accept', 'application/json;version=2, */*;q=0.1'],
    ['Accept-Encoding', 'identity'],
    ['Accept-Version', '2'],
    ['X-Api-Version', '2'],
  ]),
  withHeaders('another host', () => [
    ['X-Forwarded-Host', 'audit.invalid'],
    ['X-Original-Host', 'audit.invalid'],
    ['X-Forwarded-Port', '8443'],
  ]),
  {
    name: 'another query',
    request: (place) => {
      const { path = '', ...request } = rejected(place);
      return { ...request, path: `${path}?audit=${randomUUID()}` };
    },
  },
  {
    name: 'another token of the user',
    request(place, { credentials }) {
      const token = credentials.signer?.sign({
        sub: credentials.subjectOf('tenant B'),
        iat: Math.floor(Date.now() / 1_000) - 1 - place.index,
        exp: soon() + 60 + place.index,
        jti: randomUUID(),
      });
      return token === undefined ? 'the audit cannot sign tokens' : { ...rejected(place), token };
    },
  },
];

function withHeaders(name: string, headers: (place: Place) => readonly Header[]): CountedClass {
  return { name, request: (place) => ({ ...rejected(place), headers: headers(place) }) };
}

/** A request that succeeds. A deletion takes an object of its own. */
async function valid(place: Place, context: GatherContext): Promise<Partial<HttpRequest>> {
  const { operation, resource, own } = place;
  const isDeletion = operation === deletionOf(resource);
  const id = isDeletion ? (await context.objectsOf(resource).create('tenant B', 'an object to delete')).id : await own();
  return { method: operation.method, path: pathOfItem(operation, id), ...bodyOf(operation, resource) };
}

/** A request that creates and deletes nothing: of an object that does not exist, or with a body that the contract does not allow. */
function rejected({ operation, resource, deleted = resource.unknownId, ...place }: Place): Partial<HttpRequest> {
  const { method } = operation;
  if (operation === resource.create) return { method, path: operation.path, body: { audit_unknown: [] } };
  const id = method === 'GET' ? resource.unknownId : deleted;
  return {
    method,
    path: isOnItem({ operation, resource, deleted, ...place }) ? pathOfItem(operation, id) : operation.path,
    ...bodyOf(operation, resource),
  };
}

function withBody(place: Place, body: unknown): Partial<HttpRequest> | string {
  return place.operation.sample === undefined ? NO_BODY : { ...rejected(place), body };
}

function isOnItem({ operation, resource }: Place): boolean {
  return resource.onItem.includes(operation);
}

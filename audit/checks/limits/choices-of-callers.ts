import { randomUUID } from 'node:crypto';
import { type Resource, pathOfItem } from '../../contract/operations.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { HttpRequest } from '../../gather/http-client.ts';
import { signToken } from '../../gather/sign-token.ts';
import { ATTACKERS_KEY, soon } from '../tokens/bad-credentials.ts';

/** Headers that can state a client address. All are forged in one request: any that the API trusts selects another bucket. */
const ADDRESS_HEADERS = [
  'X-Forwarded-For',
  'X-Real-IP',
  'CF-Connecting-IP',
  'True-Client-IP',
  'Fastly-Client-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'X-Original-Forwarded-For',
  'X-Vercel-Forwarded-For',
  'X-Envoy-External-Address',
  'X-Azure-ClientIP',
  'X-Appengine-User-IP',
  'Fly-Client-IP',
  'DO-Connecting-IP',
];
const FORGED_ADDRESS = '203.0.113.1';
/** Other headers that a caller chooses and a limiter might use as a key. */
const CHOSEN_HEADERS = [
  ['User-Agent', 'audit'],
  ['Accept', 'application/json;q=0.9'],
  ['Accept-Language', 'eo'],
  ['Cookie', 'session=audit'],
  ['X-Requested-With', 'audit'],
  ['X-Request-Id', 'audit'],
  ['X-Correlation-Id', 'audit'],
  ['Idempotency-Key', 'audit'],
  ['X-Api-Key', 'audit'],
  ['X-Client-Id', 'audit'],
  ['X-Device-Id', 'audit'],
  ['X-Session-Id', 'audit'],
  ['X-User-Id', 'audit'],
  ['X-Tenant-Id', 'audit'],
] as const;

/** A request that differs from a plain one in what a caller chooses. */
export type Variation = [purpose: string, request: Partial<HttpRequest>];

/** Requests without a token; few, each with many variations: all anonymous requests of the audit count against one address. */
export function forgeriesFor({ contract: { resource }, credentials, target }: GatherContext, path = resource.list.path): Variation[] {
  return [
    [
      `a forged address in ${ADDRESS_HEADERS.length + 1} headers`,
      { headers: [...ADDRESS_HEADERS.map((name) => [name, FORGED_ADDRESS] as const), ['Forwarded', `for=${FORGED_ADDRESS}`]] },
    ],
    [
      `${path === resource.list.path ? 'a query' : 'another path'}, ${CHOSEN_HEADERS.length + 1} other headers (${CHOSEN_HEADERS.map(([name]) => name).join(', ')}, Origin) and a forged token of a made-up user`,
      { path: `${path}${queryOf(resource.pageSize)}`, headers: [...CHOSEN_HEADERS, ['Origin', target.appOrigin], forgedToken('audit-unknown-user')] },
    ],
    ['a forged token of another tenant', { headers: [forgedToken(credentials.subjectOf('tenant B') ?? 'audit-another-user')] }],
  ];
}

/** A token that names a user, under a key that the API does not accept. */
export function forgedToken(sub: string): [string, string] {
  return ['Authorization', `Bearer ${signToken({ sub, exp: soon() }, ATTACKERS_KEY)}`];
}

/** Other spellings of the path of the list; the API may treat them as another path. */
export function spellingsOf({ list: { path }, pageSize }: Resource): Variation[] {
  return [
    ['the path in upper case', { path: path.toUpperCase() }],
    ['the path with a trailing slash', { path: `${path}/` }],
    ['the path with an encoded letter', { path: path.replace(/\w(?=\w*$)/, (letter) => `%${letter.charCodeAt(0).toString(16)}`) }],
    ['the path with a query', { path: `${path}${queryOf(pageSize)}` }],
  ];
}

export function queryOf(pageSize: Resource['pageSize']): string {
  return `?${pageSize?.name ?? 'audit'}=1`;
}

/** Requests of a tenant with another path, method, header or token. */
export function variationsFor({ contract: { resource }, credentials, target }: GatherContext): Variation[] {
  const { read, unknownId } = resource;
  const token = credentials.tokenOf('limited tenant') ?? '';
  const headers = [...CHOSEN_HEADERS, ['Origin', target.appOrigin], ['Referer', `${target.appOrigin}/`]] as const;
  const other = credentials.signer?.sign({
    sub: credentials.subjectOf('limited tenant'),
    iat: Math.floor(Date.now() / 1_000) - 1,
    exp: soon() + 60,
    jti: randomUUID(),
  });
  return [
    ['another path', { path: pathOfItem(read, unknownId) }],
    ['another method', { method: 'HEAD' }],
    ['the authentication scheme in lower case', { headers: [['Authorization', `bearer ${token}`]] }],
    ...(other === undefined ? [] : [['another token of the same user', { token: other }] satisfies Variation]),
    // Given tokens share their bucket with the rest of the audit, so one request has all headers.
    ...(credentials.mints ? headers.map((header) => [header]) : [headers]).map((each): Variation => [
      `another ${each.map(([name]) => name).join(', ')}`,
      { headers: each },
    ]),
  ];
}

import { randomUUID } from 'node:crypto';
import { type Resource, pathOfItem } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import { ATTACKERS_KEY, soon } from '../tokens/bad-credentials.ts';
import { twoRoutesTo } from '../../gather/client-addresses.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { wellWithinWindow } from './gather.ts';
import { signToken } from '../../gather/sign-token.ts';
import type { HttpRequest } from '../../gather/http-client.ts';

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

/** Requests of one caller: a plain one, those with a forged or chosen part, and another plain one. */
export type Series = {
  before: Exchange;
  attempts: readonly Exchange[];
  /** Other spellings of the path, or a query; the API may treat them as another path. */
  spellings: readonly Exchange[];
  after: Exchange;
};

type Variation = [purpose: string, request: Partial<HttpRequest>];

export type LimitKeysEvidence = {
  /** Of a tenant, concurrently: other headers, paths, methods and tokens. */
  chosen: Series;
  /** Without a token, in sequence. */
  forged: Series;
  /** Without a token, from another client address, between the last attempt and the plain request after it. Absent where this machine has one address. */
  otherClient?: Exchange;
  /** The tenant that a forged token names. */
  named: { before: Exchange; after: Exchange };
};

export const limitKeysEvidence: Evidence<LimitKeysEvidence> = { name: 'limit-keys', area: 'limits', gather: gatherLimitKeys };

/** Sends what a caller can choose, to see whether it selects the bucket. */
export async function gatherLimitKeys(context: GatherContext): Promise<LimitKeysEvidence> {
  // With two given tokens both series would use the bucket of tenant B.
  if (!context.credentials.mints) return { chosen: await gatherChosen(context), ...(await gatherForged(context)) };
  const [chosen, forged] = await Promise.all([gatherChosen(context), gatherForged(context)]);
  return { chosen, ...forged };
}

async function gatherChosen(context: GatherContext): Promise<Series> {
  const { list } = context.contract.resource;
  const send = (purpose: string, request: Partial<HttpRequest> = {}): Promise<Exchange> =>
    context.http.send({ actor: 'limited tenant', purpose, path: list.path, ...request });
  const [variations, otherSpellings] = [variationsFor(context), spellingsOf(context.contract.resource)];
  const sendAll = (requests: readonly Variation[]): Promise<Exchange[]> => Promise.all(requests.map(([purpose, request]) => send(purpose, request)));
  const before = await wellWithinWindow(context, variations.length + otherSpellings.length + 1, () => send('a plain request'));
  const [attempts, spellings] = await Promise.all([sendAll(variations), sendAll(otherSpellings)]);
  return { before, attempts, spellings, after: await send('another plain request') };
}

function spellingsOf({ list: { path }, pageSize }: Resource): Variation[] {
  return [
    ['the path in upper case', { path: path.toUpperCase() }],
    ['the path with a trailing slash', { path: `${path}/` }],
    ['the path with an encoded letter', { path: path.replace(/\w(?=\w*$)/, (letter) => `%${letter.charCodeAt(0).toString(16)}`) }],
    ['the path with a query', { path: `${path}${queryOf(pageSize)}` }],
  ];
}

function queryOf(pageSize: Resource['pageSize']): string {
  return `?${pageSize?.name ?? 'audit'}=1`;
}

function variationsFor({ contract: { resource }, credentials, target }: GatherContext): Variation[] {
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

async function gatherForged(context: GatherContext): Promise<Omit<LimitKeysEvidence, 'chosen'>> {
  const { list, pageSize, read, unknownId } = context.contract.resource;
  const routes = await twoRoutesTo(context.target.apiUrl);
  // All use one route: a client with two addresses has two buckets.
  const send = (purpose: string, request: Partial<HttpRequest> = {}): Promise<Exchange> =>
    context.http.send({ actor: 'anonymous', purpose, path: list.path, ...(routes?.first && { route: routes.first }), ...request });
  const named = (purpose: string): Promise<Exchange> => context.http.send({ actor: 'tenant B', purpose, path: list.path });
  const tokenOf = (sub: string): [string, string] => ['Authorization', `Bearer ${signToken({ sub, exp: soon() }, ATTACKERS_KEY)}`];
  // Few requests, each with many variations: all anonymous requests of the audit count against one address.
  const forgeries: Variation[] = [
    [
      `a forged address in ${ADDRESS_HEADERS.length + 1} headers`,
      { headers: [...ADDRESS_HEADERS.map((name) => [name, FORGED_ADDRESS] as const), ['Forwarded', `for=${FORGED_ADDRESS}`]] },
    ],
    [
      `another path, ${CHOSEN_HEADERS.length + 1} other headers (${CHOSEN_HEADERS.map(([name]) => name).join(', ')}, Origin) and a forged token of a made-up user`,
      {
        path: `${pathOfItem(read, unknownId)}${queryOf(pageSize)}`,
        headers: [...CHOSEN_HEADERS, ['Origin', context.target.appOrigin], tokenOf('audit-unknown-user')],
      },
    ],
    ['a forged token of another tenant', { headers: [tokenOf(context.credentials.subjectOf('tenant B') ?? 'audit-another-user')] }],
  ];
  const namedBefore = await named('the tenant before a forged token names it');
  const before = await wellWithinWindow(context, forgeries.length + 3, () => send('a request with nothing forged'));
  const attempts: Exchange[] = [];
  for (const [purpose, request] of forgeries) attempts.push(await send(purpose, request));
  const spelled = await send('the path in upper case, with a slash and a query', { path: `${list.path.toUpperCase()}/${queryOf(pageSize)}` });
  const otherClient = routes && (await send(`another client address (${routes.second.localAddress ?? 'IPv6'})`, { route: routes.second }));
  const after = await send('another request with nothing forged');
  const namedAfter = await named('the tenant after a forged token named it');
  return {
    forged: { before, attempts, spellings: [spelled], after },
    ...(otherClient && { otherClient }),
    named: { before: namedBefore, after: namedAfter },
  };
}

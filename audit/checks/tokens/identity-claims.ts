import type { HttpRequest } from '../../gather/http-client.ts';
import { encode, unsignedToken } from '../../gather/sign-token.ts';

/** What a caller adds to a request in order to be taken for another user. */
export type Claim = Pick<HttpRequest, 'headers'> & {
  /** The class of the claim: the row of the matrix. */
  row: ClaimClass;
  query?: string;
  /** Properties of a body. */
  fields?: Readonly<Record<string, string>>;
};

export type ClaimClass = (typeof CLAIM_CLASSES)[number]['name'];

/** Only the holder of the key can send it. */
export const OTHER_CLAIMS = { name: 'user id in other claims of a valid token', source: 'rfc7519-claims' } as const;

/** The ways in which careless code or a proxy's header identifies a caller. */
export const CLAIM_CLASSES = [
  { name: 'user id in headers of proxies and gateways', source: 'cwe-290' },
  { name: 'unverified token in headers of gateways', source: 'cwe-290' },
  { name: 'internal address or privileged role', source: 'cve-2025-29927' },
  { name: 'user id in the query', source: 'api1-2023' },
  { name: 'user id in cookies', source: 'cwe-565' },
  { name: 'user id in the body', source: 'api3-2023' },
  OTHER_CLAIMS,
] as const;

/** Of query parameters, cookies and properties. All name users: the id of a test user could be that of someone else's account or tenant. */
const NAMES = ['user_id', 'userId', 'uid', 'user', 'sub', 'owner', 'owner_id', 'created_by', 'author_id', 'impersonate', 'act_as'];
/** Of headers that name a user: of reverse proxies, of Kong, Istio, Google IAP, Clerk and home-made ones. */
const USER_HEADERS = [
  'X-User-ID',
  'X-User',
  'X-UserId',
  'X-Auth-User',
  'X-Auth-User-Id',
  'X-Authenticated-User',
  'X-Authenticated-UserId',
  'X-Forwarded-User',
  'X-Remote-User',
  'Remote-User',
  'X-Consumer-Custom-Id',
  'X-Credential-Identifier',
  'X-Goog-Authenticated-User-Id',
  'X-Amzn-Oidc-Identity',
  'X-MS-Client-Principal-Id',
  'X-Clerk-User-Id',
  'X-JWT-Claim-Sub',
  'X-Owner-Id',
  'X-Impersonate-User',
  'X-Act-As',
  'X-On-Behalf-Of',
];
/** Of headers in which a gateway passes on a token that it has verified, or its claims in base64. */
const TOKEN_HEADERS = [
  'X-Forwarded-Access-Token',
  'X-JWT-Assertion',
  'X-Goog-IAP-JWT-Assertion',
  'Cf-Access-Jwt-Assertion',
  'X-Amzn-Oidc-Data',
  'X-Id-Token',
];
const CLAIMS_HEADERS = ['X-Userinfo', 'X-Endpoint-API-UserInfo', 'X-Apigateway-Api-Userinfo', 'X-MS-Client-Principal', 'X-User-Claims'];
const LOCAL = [
  'X-Forwarded-For',
  'X-Real-IP',
  'X-Client-IP',
  'X-Originating-IP',
  'X-Remote-IP',
  'X-Remote-Addr',
  'True-Client-IP',
  'CF-Connecting-IP',
];
const PRIVILEGES = ['X-Admin', 'X-Is-Admin', 'X-Internal', 'X-Internal-Request', 'X-Service-Call', 'X-Trusted', 'X-Authenticated', 'X-Bypass-Auth'];
const ROLES = ['X-Role', 'X-User-Role', 'X-Roles', 'X-Forwarded-Roles', 'X-Scopes'];

/** Claims that any caller can make. One request has all names of a class. */
export function claimsToBe(user: string, ownerProperty: string): Claim[] {
  const names = [...new Set([ownerProperty, ...NAMES])];
  const claims = { sub: user, user_id: user, id: user, uid: user, role: 'admin' };
  const decoded = Buffer.from(JSON.stringify(claims)).toString('base64');
  const unsigned = unsignedToken({ ...claims, exp: Math.floor(Date.now() / 1_000) + 3_600 }, 'none', true);
  const [headers, gateways, internal, query, cookies, body] = CLAIM_CLASSES;
  return [
    { row: headers.name, headers: USER_HEADERS.map((name) => [name, user]) },
    {
      row: gateways.name,
      headers: [...TOKEN_HEADERS.map((name) => [name, unsigned] as const), ...CLAIMS_HEADERS.map((name) => [name, decoded] as const)],
    },
    {
      row: internal.name,
      headers: [
        ...LOCAL.map((name) => [name, '127.0.0.1'] as const),
        ...PRIVILEGES.map((name) => [name, 'true'] as const),
        ...ROLES.map((name) => [name, 'admin'] as const),
        ['X-Middleware-Subrequest', ['middleware', 'src/middleware'].flatMap((name) => Array.from({ length: 5 }, () => name)).join(':')],
      ],
    },
    { row: query.name, query: `?${[...names, 'as'].map((name) => `${name}=${encodeURIComponent(user)}`).join('&')}` },
    {
      row: cookies.name,
      headers: [['Cookie', [...names.map((name) => `${name}=${encodeURIComponent(user)}`), `session=${encode(JSON.stringify(claims))}`].join('; ')]],
    },
    { row: body.name, fields: Object.fromEntries(names.map((name) => [name, user])) },
  ];
}

/** Several claims in one request: if it gives nothing, none of them does. */
export function merged(claims: readonly Claim[]): Pick<Claim, 'headers' | 'query'> {
  return {
    headers: claims.flatMap(({ headers = [] }) => headers),
    query: claims.map(({ query }) => query).find((each) => each !== undefined) ?? '',
  };
}

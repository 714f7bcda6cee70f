import { randomUUID } from 'node:crypto';

/** Header names and values in their original order and spelling, as in `rawHeaders` of node:http. */
type RawHeaders = readonly string[];
export type HeaderPair = readonly [name: string, value: string];

/** What the edge knows about a request beyond its headers. */
export type Hop = {
  /** The address of the client. */
  readonly client: string;
  /** The address of the edge machine that took the request. */
  readonly edge: string;
  readonly requestId: string;
};

/** RFC 9110 section 7.6.1, and older ones that are still in use. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The edge sets these itself and drops what the client sent. */
const OWN_REQUEST_HEADERS = ['x-real-ip', 'x-forwarded-proto', 'x-forwarded-host', 'x-railway-request-id', 'x-railway-edge'];
const OWN_RESPONSE_HEADERS = ['server', 'x-railway-request-id', 'x-railway-edge'];

const EDGE_REGION = 'railway/europe-west4';

/** Railway's edge machines have addresses in 100.64.0.0/10 (RFC 6598), and each request may pass another one. */
export function createEdgeAddresses(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `100.64.0.${2 + (count % 250)}`;
  };
}

/** The id that Railway gives each request. */
export function createRequestId(): string {
  return randomUUID().replaceAll('-', '').slice(0, 22);
}

/**
 * The headers that the service receives. X-Forwarded-For starts with what the client sent, so only its last two entries are
 * trustworthy: a service behind this edge must trust two hops.
 */
export function toRequestHeaders(raw: RawHeaders, hop: Hop): HeaderPair[] {
  const received = endToEnd(raw);
  const valuesOf = (wanted: string): string[] => received.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
  const own = new Set([...OWN_REQUEST_HEADERS, 'x-forwarded-for']);
  return [
    ...received.filter(([name]) => !own.has(name.toLowerCase())),
    ['X-Forwarded-For', [...valuesOf('x-forwarded-for'), hop.client, hop.edge].join(', ')],
    ['X-Real-IP', hop.client],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', valuesOf('host')[0] ?? ''],
    ['X-Railway-Request-Id', hop.requestId],
    ['X-Railway-Edge', EDGE_REGION],
  ];
}

/** The headers that the client receives. */
export function toResponseHeaders(raw: RawHeaders, requestId: string): HeaderPair[] {
  const own = new Set(OWN_RESPONSE_HEADERS);
  const forwarded = endToEnd(raw).filter(([name]) => !own.has(name.toLowerCase()));
  return [...forwarded, ...edgeResponseHeaders(requestId)];
}

/** On every response, including the edge's own. */
export function edgeResponseHeaders(requestId: string): HeaderPair[] {
  return [
    ['Server', 'railway-edge'],
    ['X-Railway-Request-Id', requestId],
    ['X-Railway-Edge', EDGE_REGION],
  ];
}

function endToEnd(raw: RawHeaders): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? '']);
  const named = pairs.filter(([name]) => name.toLowerCase() === 'connection').flatMap(([, value]) => value.toLowerCase().split(','));
  const dropped = new Set([...HOP_BY_HOP, ...named.map((name) => name.trim())]);
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase()));
}

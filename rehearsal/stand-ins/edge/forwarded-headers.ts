import { randomUUID } from 'node:crypto';

/** Header names and values in the order and spelling of the wire, as `rawHeaders` of node:http gives them. */
type RawHeaders = readonly string[];
export type HeaderPair = readonly [name: string, value: string];

/** What the edge knows of a request besides its headers. */
export type Hop = {
  /** The address of the client. */
  readonly client: string;
  /** The address of the edge machine that took the request. */
  readonly edge: string;
  readonly requestId: string;
};

/** RFC 9110 section 7.6.1, and those of older documents that are still met. */
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

/** These the edge states itself: whatever a client claims is dropped. */
const OWN_REQUEST_HEADERS = ['x-real-ip', 'x-forwarded-proto', 'x-forwarded-host', 'x-railway-request-id', 'x-railway-edge'];
const OWN_RESPONSE_HEADERS = ['server', 'x-railway-request-id', 'x-railway-edge'];

const EDGE_REGION = 'railway/europe-west4';

/** Railway hands out 100.64.0.0/10 (RFC 6598) to its edge machines, and a client meets another one with each request. */
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
 * The headers the service receives. X-Forwarded-For keeps what the client sent in front, so that only the last two entries
 * can be believed: a service behind this edge must count two hops.
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

/** The headers the client receives. */
export function toResponseHeaders(raw: RawHeaders, requestId: string): HeaderPair[] {
  const own = new Set(OWN_RESPONSE_HEADERS);
  const kept = endToEnd(raw).filter(([name]) => !own.has(name.toLowerCase()));
  return [...kept, ...edgeResponseHeaders(requestId)];
}

/** What every answer carries, the edge's own included. */
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

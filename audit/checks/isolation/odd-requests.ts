import { pathOfItem } from '../../contract/operations.ts';
import { bodyOf } from '../../gather/tenants.ts';
import { takeTurns } from '../../model/matrix.ts';
import { header } from '../../model/response.ts';
import type { Odd, OddClass, Place } from './gather-pairs.ts';

type Header = readonly [string, string];
type Sent = Pick<Odd, 'method' | 'headers' | 'body'> & { query?: string };

const EPOCH = 'Thu, 01 Jan 1970 00:00:00 GMT';
const FUTURE = 'Fri, 01 Jan 2100 00:00:00 GMT';
const MADE_UP = '"audit"';
const LONG_QUERY_LETTERS = 2_000;

/** Conditions and ranges: an API may check them before it checks the owner. */
export const CONDITIONS: readonly OddClass[] = [
  conditional('If-None-Match', ({ victim }) => [header(victim.before, 'etag') ?? '*', '*', MADE_UP]),
  conditional('If-Match', ({ victim }) => [MADE_UP, header(victim.before, 'etag') ?? '*', '*']),
  oddly('a condition on the time', [
    ['If-Modified-Since in the future', () => ({ headers: [['If-Modified-Since', FUTURE]] })],
    ['If-Unmodified-Since in the past', () => ({ headers: [['If-Unmodified-Since', EPOCH]] })],
    ['If-Modified-Since with its time', ({ victim }) => ({ headers: [['If-Modified-Since', header(victim.before, 'last-modified') ?? FUTURE]] })],
  ]),
  oddly('a range', [
    ['a range of bytes', () => ({ headers: [['Range', 'bytes=0-']] })],
    ['a range beyond its end', () => ({ headers: [['Range', 'bytes=99999999-']] })],
    [
      'a range with If-Range',
      ({ victim }) => ({
        headers: [
          ['Range', 'bytes=0-1'],
          ['If-Range', header(victim.before, 'etag') ?? EPOCH],
        ],
      }),
    ],
  ]),
];

/** Requests that an API may reject before or after it looks the object up. */
export const ODD_REQUESTS: readonly OddClass[] = [
  withBody('a body of the wrong type', [
    ['an array as the body', '[]'],
    ['numbers for every property', (sample) => mapped(sample, () => 0)],
  ]),
  withBody('a body with an unknown property', [['an unknown property', (sample) => ({ ...sample, audit_unknown: true })]]),
  withBody('a body that is not JSON', [
    ['half a body', '{"audit'],
    ['an empty body', ''],
  ]),
  withBody('a body in another format', [
    ['a form', 'audit=1', 'application/x-www-form-urlencoded'],
    ['plain text', 'audit', 'text/plain'],
    ['JSON without a content type', '{}', ''],
  ]),
  withBody('a body that is too large', [['texts of 20,000 letters', (sample) => mapped(sample, () => 'a'.repeat(20_000))]]),
  oddly('a long query', [['a query of 2,000 letters', () => ({ query: `?audit=${'a'.repeat(LONG_QUERY_LETTERS)}` })]]),
  oddly('an unusual query', [
    ['fields and expansions', () => ({ query: '?fields=id&include=owner&expand=user' })],
    ['a query of brackets', () => ({ query: '?audit[a][b]=1&audit[]=2' })],
  ]),
  oddly('another format of the response', [
    ['XML', () => ({ headers: [['Accept', 'application/xml']] })],
    ['CSV', () => ({ headers: [['Accept', 'text/csv']] })],
  ]),
  oddly('another method', [
    ['HEAD', () => ({ method: 'HEAD' })],
    ['an undocumented method', (place) => ({ method: undocumentedMethod(place) })],
  ]),
];

function undocumentedMethod({ operation: { path }, resource }: Place): string {
  const isDocumented = (method: string): boolean => resource.onItem.some((each) => each.path === path && each.method === method);
  return ['PATCH', 'PUT', 'POST'].find((method) => !isDocumented(method)) ?? 'HEAD';
}

function conditional(name: string, values: (place: Place) => readonly [string, ...string[]]): OddClass {
  return oddly(`${name}`, [[name, (place) => ({ headers: [[name, takeTurns(values(place), place.index)]] })]]);
}

/** The variations take turns over the operations. */
function oddly(name: string, variations: readonly [Variation, ...Variation[]]): OddClass {
  return {
    name,
    requests(place) {
      const [purpose, vary] = takeTurns(variations, place.index);
      return [request(place, purpose, vary(place))];
    },
  };
}

type Variation = readonly [purpose: string, vary: (place: Place) => Sent];
type Sample = Readonly<Record<string, unknown>>;
/** A body, or one from the valid one, and its content type where it is not JSON. */
type Body = readonly [purpose: string, body: string | ((sample: Sample) => unknown), type?: string];

function withBody(name: string, bodies: readonly [Body, ...Body[]]): OddClass {
  return {
    name,
    requests(place) {
      if (place.operation.method === 'GET') return 'a read takes no body';
      const [purpose, body, type] = takeTurns(bodies, place.index);
      const { body: sample } = bodyOf(place.operation, place.resource);
      const content = typeof body === 'string' ? body : body(typeof sample === 'object' && sample !== null ? { ...sample } : { audit: '' });
      return [request(place, purpose, { body: content, ...(type !== undefined && { headers: [['Content-Type', type] as Header] }) })];
    },
  };
}

function request(place: Place, purpose: string, { query = '', ...sent }: Sent): Odd {
  const { operation, resource } = place;
  return { purpose, path: (id) => `${pathOfItem(operation, id)}${query}`, ...bodyOf(operation, resource), ...sent };
}

function mapped(sample: Sample, change: () => unknown): Sample {
  return Object.fromEntries(Object.keys(sample).map((name) => [name, change()]));
}

import { METHODS } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { operations } from './documented.ts';
import { AWKWARD, IDS } from './valid-requests.ts';

/** An arbitrary request. */
export type FuzzRequest = {
  method: string;
  target: string;
  headers: Record<string, string>;
  body: Body | undefined;
};
type Body = { text: string; coding: 'identity' | 'gzip' | 'deflate' | 'br' | 'cut off' };

/** Once in `times` runs, because one fault of a request would hide another. */
function rarely<T>(value: fc.Arbitrary<T>, times = 15): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

/** The bytes to send as a latin1 string, because Node's client rejects other characters in a target or a header. */
const asBytes = (text: string): string => Buffer.from(text).toString('latin1');
const inTarget = (text: string): string => asBytes(text).replace(/[\0-\x20]/g, (character) => encodeURIComponent(character));
const inHeader = (text: string): string => asBytes(text).replace(/[^\t\x20-\x7e\x80-\xff]/g, '');

// Some raw, some percent-encoded.
const SEGMENTS = [
  ...'0 -1 1.5 1e3 NaN Infinity undefined +1 1;2 1,2 \u0661 \uff11 . .. ... \u{1f95b} ~ @ [::1]'.split(' '),
  ...'% %zz %E0%A4%A %ff %C0%80 %00 1%00 %2f %2F..%2F %5c %2e%2e %0d%0aX:1 %u0031 \\ | " <x>'.split(' '),
  ...'__proto__ constructor autocomplete complete {id} :id * (.*)'.split(' '),
  '9'.repeat(400),
  'x'.repeat(5_000),
];
const segments = fc.oneof(
  { weight: 9, arbitrary: fc.integer(IDS.fuzzer).map(String) },
  { weight: 4, arbitrary: fc.constantFrom(...SEGMENTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.oneof(fc.double(), fc.bigInt()).map(String) },
);

type Mutation = (path: string, segment: string) => string;
const MUTATIONS: readonly Mutation[] = [
  (path) => `${path}/`,
  (path) => path.toUpperCase(),
  (path) => `/${path}`,
  (path) => path.replace('/v1', '//v1'),
  (path) => path.replace('/v1', '/./v1'),
  (path) => path.replace('/v1', '/v1/../v1'),
  (path) => path.replaceAll('/', '%2f'),
  (path) => path.replace('t', '%74'),
  (path, segment) => `${path}/${segment}`,
  (path, segment) => `/${segment}${path}`,
  (path, segment) => `${path}#${segment}`,
  (path, segment) => `${path};${segment}`,
  (path, segment) => path.replace('tasks', segment),
  (path, segment) => `http://${segment}${path}`,
  (path, segment) => `//${segment}@evil.test${path}`,
  (path) => `http://evil.test${path}`,
  (path) => `${path}%00`,
  (path) => `${path}.json`,
  (path) => path.slice(0, -2),
  () => '*',
  () => '/openapi.json',
  () => '/docs',
];
const methods = fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'PURGE', 'M-SEARCH', 'BREW', 'X'.repeat(300));
const lines = fc
  .record({
    operation: fc.constantFrom(...operations),
    segment: segments,
    mutate: rarely(fc.constantFrom(...MUTATIONS), 3),
    method: rarely(methods, 3),
  })
  .map(({ operation, segment, mutate, method = operation.method }) => {
    const path = operation.path.replace('{id}', segment);
    return { method, path: mutate === undefined ? path : mutate(path, segment) };
  });

const NAMES = [
  ...new Set(operations.flatMap(({ parameters }) => parameters.map(({ name }) => name))),
  '__proto__',
  'page[]',
  'tag_ids[0]',
  'a.b',
  '',
];
const pairs = fc
  .tuple(
    fc.oneof(fc.constantFrom(...NAMES), fc.string()),
    fc.constantFrom('=', '', '==', '%3d'),
    fc.oneof(fc.constantFrom(...AWKWARD, '%', '%zz', '1,2', ',', 'x'.repeat(3_000)), fc.string(), fc.integer().map(String)),
  )
  .map((parts) => parts.join(''));
const queries = rarely(fc.tuple(fc.array(pairs, { minLength: 1 }), fc.constantFrom('&', '&&', ';', '?')), 2);

const TYPES = [
  'application/json',
  ...['; charset=utf-8', '; charset="UTF-8"', '; charset=utf-16', '; charset=latin1', '; charset=utf-99', ';', '; charset'].map(
    (rest) => `Application/JSON${rest}`,
  ),
  ...'text/plain|application/x-www-form-urlencoded|multipart/form-data|application/problem+json|/|;|'.split('|'),
  'application/json, text/plain',
];
const headers = {
  'content-type': rarely(fc.constantFrom(...TYPES), 5).map((type = 'application/json') => type),
  'content-encoding': rarely(fc.constantFrom('gzip', 'deflate', 'br', 'identity', 'GZIP', 'compress', 'gzip, gzip', '', '__proto__')),
  accept: rarely(fc.constantFrom('text/html', 'application/xml;q=1', '*/*;q=0', ';', 'x'.repeat(2_000))),
  'accept-encoding': rarely(fc.constantFrom('gzip', '*;q=0', '')),
  'idempotency-key': rarely(fc.oneof(fc.constantFrom('', '""', '"', 'a b', 'x'.repeat(256), '\u{1f95b}'), fc.string()).map(inHeader)),
  origin: rarely(fc.constantFrom('https://tasks-app.test', 'https://evil.test', 'null', '')),
  'if-none-match': rarely(fc.constantFrom('*', '"x"', 'W/"x", *')),
  'if-match': rarely(fc.constantFrom('*', '"x"')),
  'if-modified-since': rarely(fc.constantFrom('Thu, 01 Jan 2099 00:00:00 GMT', 'x')),
  range: rarely(fc.constantFrom('bytes=0-0', 'bytes=-1', 'x')),
  'x-http-method-override': rarely(fc.constantFrom('DELETE', '__proto__')),
  'x-forwarded-for': rarely(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('', ',,', 'x'))),
  'x-forwarded-host': rarely(fc.constantFrom('evil.test', '')),
  host: rarely(fc.constantFrom('evil.test', '', '[', 'a:b:c')),
  cookie: rarely(fc.constantFrom('token=x', '=;=', '__proto__=1', 'x'.repeat(20_000))),
  expect: rarely(fc.constantFrom('100-continue', 'x')),
  upgrade: rarely(fc.constantFrom('websocket', 'h2c')),
  connection: rarely(fc.constantFrom('close', 'upgrade', 'x')),
};

const BODIES = [
  '[]|null|42|"x"|| |{|{"title":|{"title":"x"}}|{title:"x"}|{"title":NaN}|\ufeff{"title":"x"}|\u00a0{}'.split('|'),
  '{"title":"\0"}|{"title":"\\u0000"}|{"title":"\\ud83e"}|{"title":"x","title":"y"}|{"__proto__":{"title":"x"}}'.split('|'),
  ['1e400', '-0', '9'.repeat(400), '1.0000000000000000001'].map((id) => `{"title":"x","tag_ids":[${id}]}`),
  ['['.repeat(8_000), `${'['.repeat(8_000)}${']'.repeat(8_000)}`, `${'{"title":'.repeat(1_600)}1${'}'.repeat(1_600)}`],
  [`"${'x'.repeat(16_400)}"`],
].flat();
const bodies = fc.record({
  text: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('{"title":"x"}', '{"name":"x"}', '{}') },
    { weight: 5, arbitrary: fc.constantFrom(...BODIES) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string() },
  ),
  coding: fc.constantFrom('identity', 'identity', 'identity', 'gzip', 'deflate', 'br', 'cut off'),
});

/** @param authorizations values of the header; undefined for none */
export function fuzzRequests(...authorizations: (string | undefined)[]): fc.Arbitrary<FuzzRequest> {
  return (
    fc
      .record({
        line: lines,
        query: queries,
        headers: fc.record({ authorization: fc.constantFrom(...authorizations), ...headers }),
        body: rarely(bodies, 3),
      })
      .map(({ line, query, headers: some, body }) => ({
        method: line.method,
        target: inTarget(line.path + (query === undefined ? '' : `?${query[0].join(query[1])}`)),
        headers: present(some),
        body,
      }))
      // A server that cannot parse a HEAD request sends a body.
      .filter((request) => request.method !== 'HEAD' || isReadable(request))
  );
}

/** The encoded body, and its header. */
export function encode({ text, coding }: Body): { label: Record<string, string>; bytes: Buffer } {
  switch (coding) {
    case 'identity':
      return { label: {}, bytes: Buffer.from(text) };
    case 'gzip':
      return { label: { 'content-encoding': coding }, bytes: gzipSync(text) };
    case 'deflate':
      return { label: { 'content-encoding': coding }, bytes: deflateSync(text) };
    case 'br':
      return { label: { 'content-encoding': coding }, bytes: brotliCompressSync(text) };
    case 'cut off':
      return { label: { 'content-encoding': 'gzip' }, bytes: gzipSync(text).subarray(0, -10) };
  }
}

/** Whether Node can parse the head of the request, and it is within Node's limits. */
export function isReadable({ method, target, headers: some }: FuzzRequest): boolean {
  return METHODS.includes(method) && /^\/[\x21-\x7e]*$/.test(target) && JSON.stringify([target, some]).length < 15_000;
}

function present(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

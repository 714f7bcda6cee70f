import type { AttackClass } from '../check.ts';

/** An operation on an object, as it is documented. */
export type Documented = { method: string; path: string; collection: string; undocumented: readonly [string, ...string[]] };

/** The same with another spelling: what differs. */
export type Spelling = { method?: string; path?: string; headers?: readonly (readonly [string, string])[] };

/** `isWhole`: reads meet every member, because a route of an old version exists for one collection. */
type SpellingClass = AttackClass & { isWhole?: true; spell(documented: Documented): readonly [Spelling, ...Spelling[]] };

/** The rows of the matrix: what routers, proxies and frameworks normalize or obey differently. */
export const spellingClasses: readonly [SpellingClass, ...SpellingClass[]] = [
  {
    name: 'repeated slashes',
    source: 'path-confusion',
    spell: ({ path }) => inPath(`${path}/`, `/${path}`, beforeLast(path, '//'), `${path}//`, afterFirst(path, '//')),
  },
  {
    name: 'encoded slashes',
    source: 'path-confusion',
    spell: ({ path }) => inPath(beforeLast(path, '%2F'), `${path}/%2F`, beforeLast(path, '%252f'), afterFirst(path, '%2f')),
  },
  {
    name: 'dot segments',
    source: 'rfc3986-dots',
    spell: ({ path }) => inPath(beforeLast(path, '/./'), `${path}/x/..`, beforeLast(path, '/x/../'), `${path}/.`, `/x/..${path}`),
  },
  {
    name: 'encoded dot segments',
    source: 'rfc3986-dots',
    spell: ({ path }) =>
      inPath(beforeLast(path, '/x/%2e%2e/'), `${path}/%2e`, beforeLast(path, '/%2e/'), `${path}/x/%2E%2E`, beforeLast(path, '/x/..%2f')),
  },
  {
    name: 'path parameters',
    source: 'path-confusion',
    spell: ({ path }) => inPath(`${path};x`, beforeLast(path, ';x=1/'), beforeLast(path, '/x/..;/'), `${path}/;x`, `${path};.css`),
  },
  {
    name: 'upper case',
    source: 'rfc3986-case',
    spell: ({ path, collection }) =>
      inPath(path.toUpperCase(), path.replace(collection, capitalized(collection)), ...[capitalized(path)].filter((each) => each !== path)),
  },
  {
    name: 'characters at the end',
    source: 'path-confusion',
    spell: ({ path }) => inPath(`${path}%20`, `${path}.`, `${path}%00`, `${path}/%20`, `${path}%09`, `${path}%0a`, `${path}%3f`, `${path}%23`),
  },
  {
    name: 'suffixes of formats',
    source: 'path-confusion',
    spell: ({ path }) => inPath(`${path}.json`, `${path}/.json`, `${path}.xml`, `${path}.css`, `${path}/x.css`, `${path}.html`),
  },
  {
    name: 'other versions and prefixes',
    source: 'api9-2023',
    isWhole: true,
    spell: ({ path, collection }) => inPath(...otherPrefixes(path, collection)),
  },
  {
    name: 'backslashes',
    source: 'path-confusion',
    spell: ({ path }) => inPath(beforeLast(path, '\\'), beforeLast(path, '%5c'), `${path}/%5C`, `${path}\\`),
  },
  {
    name: 'encoded letters',
    source: 'rfc3986-case',
    spell: ({ path, collection }) =>
      inPath(
        beforeLast(path, '/', encoded),
        path.replace(collection, encodedLast(collection)),
        afterFirst(path, '/', encoded),
        beforeLast(path, '/', twice),
      ),
  },
  { name: 'headers that name another path', source: 'path-confusion', spell: otherTargets },
  { name: 'headers that name another method', source: 'fetch-preflight', spell: otherMethods },
  {
    name: 'other methods',
    source: 'asvs-4.1.4',
    spell: ({ method, undocumented }) => {
      const [first, ...others] = method === 'GET' ? (['HEAD', 'QUERY', 'PROPFIND', 'SEARCH', 'REPORT'] as const) : undocumented;
      return [{ method: first }, ...others.map((each) => ({ method: each }))];
    },
  },
];

function inPath(first: string, ...others: readonly string[]): [Spelling, ...Spelling[]] {
  return [{ path: first }, ...others.map((path) => ({ path }))];
}

/** The path with another separator before its last segment. */
function beforeLast(path: string, separator: string, change = (segment: string): string => segment): string {
  const at = path.lastIndexOf('/');
  return `${path.slice(0, at)}${separator}${change(path.slice(at + 1))}`;
}

/** The path with another separator after its first segment. */
function afterFirst(path: string, separator: string, change = (segment: string): string => segment): string {
  const [, first = '', ...others] = path.split('/');
  return `/${change(first)}${separator}${others.join('/')}`;
}

function encoded(segment: string): string {
  return `%${segment.charCodeAt(0).toString(16)}${segment.slice(1)}`;
}

function twice(segment: string): string {
  return encoded(segment).replace('%', '%25');
}

function encodedLast(path: string): string {
  return beforeLast(path, '/', encoded);
}

function capitalized(path: string): string {
  return beforeLast(path, '/', (segment) => segment.charAt(0).toUpperCase() + segment.slice(1));
}

/** The collection without parts of its prefix, in other versions, and below names of internal interfaces. */
function otherPrefixes(path: string, collection: string): [string, ...string[]] {
  const [name = '', ...before] = collection.split('/').filter(Boolean).toReversed();
  const prefix = before.toReversed();
  const withPrefix = (...segments: readonly string[]): string => path.replace(collection, `/${[...segments, name].join('/')}`);
  const versions = ['v0', 'v1', 'v2'].filter((version) => !prefix.includes(version));
  const inVersion = versions.map((version) => withPrefix(...prefix.map((segment) => (/^v\d+$/.test(segment) ? version : segment))));
  const without = prefix.map((_, left) => withPrefix(...prefix.filter((__, index) => index !== left)));
  const others = [withPrefix(), ...without, ...inVersion, ...['internal', 'admin', 'legacy'].map((each) => withPrefix(each, ...prefix))];
  const [first, ...more] = [...new Set(others)].filter((each) => each !== path);
  return [first ?? `/internal${path}`, ...more, withPrefix(...prefix, 'internal')];
}

/** At the path of the sender's own list, which it may read. Only for reads: a target could execute a write elsewhere. */
function otherTargets({ path, collection }: Documented): [Spelling, ...Spelling[]] {
  const named = (...names: readonly string[]): Spelling => ({ path: collection, headers: names.map((name) => [name, path] as const) });
  const at = path.lastIndexOf('/');
  return [
    named('X-Original-URL', 'X-Rewrite-URL'),
    named('X-Forwarded-Uri', 'X-Original-Uri', 'X-Forwarded-Path', 'X-Override-URL'),
    { path: path.slice(at), headers: [['X-Forwarded-Prefix', path.slice(0, at)]] },
  ];
}

function otherMethods({ method, path }: Documented): [Spelling, ...Spelling[]] {
  const sent = method === 'GET' ? 'POST' : 'GET';
  const other = method === 'POST' ? 'PUT' : 'POST';
  return [
    { method: other, headers: ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'].map((name) => [name, method] as const) },
    { method: sent, headers: [['X-HTTP-Method-Override', method]] },
    { method: other, path: `${path}?_method=${method}` },
  ];
}

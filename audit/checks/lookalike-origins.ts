import { parse } from 'tldts';

/** An origin that the API must reject. `kind` names, for readers, the mistake in an allowlist that would allow it. */
export type UnlistedOrigin = { kind: string; origin: string };

/** Shares nothing with the app's origin. */
export const FOREIGN_ORIGIN = 'https://foreign-site.example';

/**
 * Origins that differ from the app's where real allowlists made a mistake: `endsWith`, `startsWith`, `includes`, an unescaped dot,
 * a pattern over a shared suffix such as vercel.app, where anyone can register a name.
 */
export function lookalikeOrigins(appOrigin: string): UnlistedOrigin[] {
  const { hostname, port } = new URL(appOrigin);
  const [label = '', ...rest] = hostname.split('.');
  const parent = rest.join('.');
  const at = (host: string): string => `https://${host}${port === '' ? '' : `:${port}`}`;
  return distinct(appOrigin, [
    { kind: 'suffix', origin: at(`${hostname}.evil.example`) },
    { kind: 'prefix', origin: at(`evil${hostname}`) },
    { kind: 'sibling', origin: at(`${label}-evil.${parent}`) },
    { kind: 'preview sibling', origin: at(`${label}-git-main-evil.${parent}`) },
    { kind: 'dot replaced', origin: at(hostname.replace('.', 'x')) },
    { kind: 'subdomain', origin: at(`evil.${hostname}`) },
  ]);
}

/** Without candidates that are not origins, as for a host without a dot, and without the app's own origin and duplicates. */
function distinct(appOrigin: string, candidates: readonly UnlistedOrigin[]): UnlistedOrigin[] {
  const known = new Set([appOrigin]);
  return candidates.filter(({ origin }) => URL.parse(origin)?.origin === origin && !known.has(origin) && known.add(origin));
}

/**
 * Origins around the registrable domain, by the Public Suffix List; sent by raw HTTP only. An allowlist that allows all of a suffix such
 * as vercel.app allows everyone who registers a name there. https://publicsuffix.org
 */
export function relatedOrigins(appOrigin: string): UnlistedOrigin[] {
  const { hostname, port } = new URL(appOrigin);
  const { domain, publicSuffix, isIp } = parse(hostname, { allowPrivateDomains: true });
  if (isIp === true || domain === null || publicSuffix === null) return [];
  const at = (host: string): string => `https://${host}${port === '' ? '' : `:${port}`}`;
  const name = domain.slice(0, -publicSuffix.length - 1);
  return distinct(appOrigin, [
    { kind: 'public suffix', origin: at(publicSuffix) },
    { kind: 'another name on the suffix', origin: at(`audit-evil.${publicSuffix}`) },
    { kind: 'registrable domain', origin: at(domain) },
    { kind: 'neighbor in the domain', origin: at(`evil.${domain}`) },
    { kind: 'domain with the same end', origin: at(`evil${domain}`) },
    { kind: 'domain with the same start', origin: at(`${name}-evil.${publicSuffix}`) },
    { kind: 'same name on another suffix', origin: at(`${name}.${publicSuffix === 'netlify.app' ? 'vercel.app' : 'netlify.app'}`) },
  ]);
}

/** Values that a browser would not send for these hosts, or that only a raw request can have. */
export function rawOrigins(appOrigin: string): UnlistedOrigin[] {
  const { hostname, port } = new URL(appOrigin);
  return [
    { kind: 'null', origin: 'null' },
    { kind: 'http scheme', origin: `http://${hostname}` },
    { kind: 'other port', origin: `https://${hostname}:${port === '8443' ? 9443 : 8443}` },
    { kind: 'trailing slash', origin: `${appOrigin}/` },
    { kind: 'path', origin: `${appOrigin}/evil` },
    { kind: 'user info', origin: `https://${hostname}@evil.example` },
    { kind: 'upper case', origin: appOrigin.toUpperCase() },
    { kind: 'special character', origin: `https://${hostname}\`.evil.example` },
    { kind: 'underscore', origin: `https://${hostname}_.evil.example` },
    { kind: 'comma list', origin: `${appOrigin}, https://evil.example` },
    { kind: 'localhost', origin: 'http://localhost:3000' },
    { kind: 'localhost of Vite', origin: 'http://localhost:5173' },
    { kind: 'loopback address', origin: 'http://127.0.0.1:3000' },
    { kind: 'localhost over TLS', origin: 'https://localhost:3000' },
    { kind: 'private address', origin: 'http://192.168.0.10' },
    { kind: 'file', origin: 'file://' },
    { kind: 'extension', origin: 'chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' },
    { kind: 'asterisk', origin: '*' },
  ];
}

import { parse } from 'tldts';

/** An origin the API must refuse, and the mistake in an allowlist that would let it in. */
/** The kind of an origin that resembles the app's in nothing. */
export const FOREIGN = 'foreign';

export type LookAlike = { kind: string; origin: string };

/** Has nothing to do with the app. */
export const FOREIGN_ORIGIN = 'https://foreign-site.example';

/**
 * Origins that differ from the app's in the ways real allowlists got wrong: `endsWith`, `startsWith`, `includes`, an
 * unescaped dot, a pattern over a shared suffix such as vercel.app, where anybody may register a name.
 */
export function lookAlikes(appOrigin: string): LookAlike[] {
  const { hostname, port } = new URL(appOrigin);
  const [label = '', ...rest] = hostname.split('.');
  const parent = rest.join('.');
  const at = (host: string): string => `https://${host}${port === '' ? '' : `:${port}`}`;
  return distinct(appOrigin, [
    { kind: FOREIGN, origin: FOREIGN_ORIGIN },
    { kind: 'suffix', origin: at(`${hostname}.evil.example`) },
    { kind: 'prefix', origin: at(`evil${hostname}`) },
    { kind: 'sibling', origin: at(`${label}-evil.${parent}`) },
    { kind: 'preview sibling', origin: at(`${label}-git-main-evil.${parent}`) },
    { kind: 'dot replaced', origin: at(hostname.replace('.', 'x')) },
    { kind: 'subdomain', origin: at(`evil.${hostname}`) },
  ]);
}

/** A host without a dot, or one of numbers, has not all of these: what is no origin, or the app's own, is left out. */
function distinct(appOrigin: string, candidates: readonly LookAlike[]): LookAlike[] {
  const seen = new Set([appOrigin]);
  return candidates.filter(({ origin }) => URL.parse(origin)?.origin === origin && !seen.has(origin) && seen.add(origin));
}

/**
 * More that only the http is asked with: around the registrable domain, by the Public Suffix List. Whoever allows all of a
 * suffix such as vercel.app allows everybody who registers there. https://publicsuffix.org
 */
export function relatives(appOrigin: string): LookAlike[] {
  const { hostname, port } = new URL(appOrigin);
  const { domain, publicSuffix, isIp } = parse(hostname, { allowPrivateDomains: true });
  if (isIp === true || domain === null || publicSuffix === null) return [];
  const at = (host: string): string => `https://${host}${port === '' ? '' : `:${port}`}`;
  const name = domain.slice(0, -publicSuffix.length - 1);
  return distinct(appOrigin, [
    { kind: 'public suffix', origin: at(publicSuffix) },
    { kind: 'another name on the suffix', origin: at(`audit-evil.${publicSuffix}`) },
    { kind: 'registrable domain', origin: at(domain) },
    { kind: 'neighbour in the domain', origin: at(`evil.${domain}`) },
    { kind: 'domain that ends alike', origin: at(`evil${domain}`) },
    { kind: 'domain that begins alike', origin: at(`${name}-evil.${publicSuffix}`) },
    { kind: 'same name on another suffix', origin: at(`${name}.${publicSuffix === 'netlify.app' ? 'vercel.app' : 'netlify.app'}`) },
  ]);
}

/** Values no page of a browser would send for these hosts, or that only a raw request can carry. */
export function wireOnlyOrigins(appOrigin: string): LookAlike[] {
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

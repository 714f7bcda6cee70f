/** An origin the API must refuse, and the mistake in an allowlist that would let it in. */
export type LookAlike = { kind: string; origin: string };

/**
 * Origins that differ from the app's in the ways real allowlists got wrong: `endsWith`, `startsWith`, `includes`, an
 * unescaped dot, a pattern over a shared suffix such as vercel.app, where anybody may register a name.
 */
export function lookAlikes(appOrigin: string): LookAlike[] {
  const { hostname } = new URL(appOrigin);
  const [label = '', ...rest] = hostname.split('.');
  const parent = rest.join('.');
  return [
    { kind: 'foreign', origin: 'https://foreign-site.example' },
    { kind: 'suffix', origin: `https://${hostname}.evil.example` },
    { kind: 'prefix', origin: `https://evil${hostname}` },
    { kind: 'sibling', origin: `https://${label}-evil.${parent}` },
    { kind: 'preview sibling', origin: `https://${label}-git-main-evil.${parent}` },
    { kind: 'dot replaced', origin: `https://${hostname.replace('.', 'x')}` },
    { kind: 'subdomain', origin: `https://evil.${hostname}` },
  ];
}

/** Values no page of a browser would send for these hosts, or that only a raw request can carry. */
export function wireOnlyOrigins(appOrigin: string): LookAlike[] {
  const { hostname } = new URL(appOrigin);
  return [
    { kind: 'null', origin: 'null' },
    { kind: 'http scheme', origin: `http://${hostname}` },
    { kind: 'other port', origin: `https://${hostname}:8443` },
    { kind: 'trailing slash', origin: `${appOrigin}/` },
    { kind: 'path', origin: `${appOrigin}/evil` },
    { kind: 'user info', origin: `https://${hostname}@evil.example` },
    { kind: 'upper case', origin: appOrigin.toUpperCase() },
    { kind: 'special character', origin: `https://${hostname}\`.evil.example` },
    { kind: 'underscore', origin: `https://${hostname}_.evil.example` },
    { kind: 'comma list', origin: `${appOrigin}, https://evil.example` },
    { kind: 'localhost', origin: 'http://localhost:3000' },
    { kind: 'private address', origin: 'http://192.168.0.10' },
    { kind: 'file', origin: 'file://' },
    { kind: 'extension', origin: 'chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' },
    { kind: 'asterisk', origin: '*' },
  ];
}

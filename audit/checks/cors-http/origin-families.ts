import { parse } from 'tldts';
import type { AttackClass } from '../check.ts';
import { lookalikeOrigins, relatedOrigins } from '../lookalike-origins.ts';

/** Who can have such an origin: a page of any third party, software on the user's own device, or no browser, because the value is malformed. */
export type Sender = 'any page' | 'this device' | 'no browser';

/** One or more Origin headers. */
export type OriginHeaders = readonly [string, ...string[]];

export type OriginFamily = { name: string; members: readonly [OriginHeaders, ...OriginHeaders[]] };

/** The rows of the matrix: families of origins that careless allowlists allow. */
const FAMILIES = {
  'previews of the app': 'public-suffix',
  "the app's name on other platforms": 'public-suffix',
  "neighbors on the API's platform": 'public-suffix',
  'lookalikes of the app': 'cors-attacks',
  'subdomains of the app': 'asvs-3.4.2',
  'opaque origins': 'rfc6454',
  'shells of mobile and desktop apps': 'capacitor-origins',
  'development servers': 'asvs-3.4.2',
  'hosts of the local network': 'asvs-3.4.2',
  'tunnels and online editors': 'public-suffix',
  'other spellings of the app': 'rfc6454',
  'several origins': 'fetch',
} as const;

export const originClasses: readonly AttackClass[] = Object.entries(FAMILIES).map(([name, source]) => ({ name, source }));

/** Host names of previews on platforms where a suffix is shared by all customers; `name` is the app's own label. */
const PREVIEWS: Readonly<Record<string, (name: string) => readonly string[]>> = {
  'vercel.app': (name) => [`${name}-git-main-audit`, `${name}-a1b2c3d4e-audit`, `${name}-audits-projects`],
  'netlify.app': (name) => [`deploy-preview-1--${name}`, `main--${name}`, `64f1a2b3c4d5e6f7a8b9c0d1--${name}`],
  'pages.dev': (name) => [`a1b2c3d4.${name}`, `main.${name}`],
  'onrender.com': (name) => [`${name}-pr-1`],
  'up.railway.app': (name) => [`${name}-pr-1`, `${name}-staging`],
  'herokuapp.com': (name) => [`${name}-pr-1`, `${name}-staging`],
  'web.app': (name) => [`${name}--pr1-a1b2c3d4`],
  'fly.dev': (name) => [`pr-1-${name}`],
  'amplifyapp.com': (name) => [`pr-1.${name}`, `main.${name}`],
};

const PLATFORMS = [
  'vercel.app',
  'netlify.app',
  'pages.dev',
  'github.io',
  'onrender.com',
  'web.app',
  'up.railway.app',
  'herokuapp.com',
  'workers.dev',
];

const SHELLS = ['capacitor://localhost', 'ionic://localhost', 'tauri://localhost', 'app://.', 'app://localhost', 'file://'];
const SHELLS_OVER_HTTP = ['http://tauri.localhost', 'https://tauri.localhost', 'https://localhost', 'http://localhost'];
const EXTENSIONS = ['moz-extension://5f0b1c2d-3e4f-4a5b-8c6d-7e8f9a0b1c2d', 'safari-web-extension://5F0B1C2D-3E4F-4A5B-8C6D-7E8F9A0B1C2D'];

const PORTS = [3000, 3001, 4200, 4321, 5000, 5173, 5174, 8000, 8080, 8081];
const DEVELOPMENT = ['http://127.0.0.1:5173', 'http://[::1]:3000', 'http://0.0.0.0:3000', 'https://localhost:5173', 'https://localhost:8080'];

const LOCAL_NETWORK = [
  'http://app.local',
  'http://10.0.2.2:3000',
  'http://172.17.0.1:8080',
  'http://192.168.1.20:3000',
  'http://web.test',
  'http://host.docker.internal:3000',
  'https://app.lvh.me',
];

const TUNNELS = [
  'https://audit.ngrok-free.app',
  'https://audit.ngrok.io',
  'https://audit-one-two.trycloudflare.com',
  'https://audit.loca.lt',
  'https://audit-3000.app.github.dev',
  'https://3000-audit.gitpod.io',
  'https://audit.csb.app',
  'https://audit-3000.euw.devtunnels.ms',
  'https://audit.webcontainer.io',
  'https://audit.lovable.app',
];

const OPAQUE = ['null', 'about:blank', 'data:', 'blob:https://foreign-site.example/1', 'undefined', 'NULL'];

/**
 * Every family, each with the origins that are not allowed.
 * @param allowed origins that the API should allow; the first one is the app's
 * @param apiUrl the origin of the API
 */
export function originFamilies(allowed: readonly [string, ...string[]], apiUrl: string): readonly [OriginFamily, ...OriginFamily[]] {
  const [app] = allowed;
  const members: Record<keyof typeof FAMILIES, readonly (string | OriginHeaders)[]> = {
    'previews of the app': previewsOf(app),
    "the app's name on other platforms": PLATFORMS.map((platform) => `https://${labelOf(app)}.${platform}`),
    "neighbors on the API's platform": neighborsOf(apiUrl),
    'lookalikes of the app': [...lookalikeOrigins(app), ...relatedOrigins(app)].map(({ origin }) => origin),
    'subdomains of the app': ['www', 'staging', 'dev', 'cdn', 'user-content'].map((label) => app.replace('//', `//${label}.`)),
    'opaque origins': OPAQUE,
    'shells of mobile and desktop apps': [...SHELLS, ...SHELLS_OVER_HTTP, ...EXTENSIONS],
    'development servers': [...PORTS.map((port) => `http://localhost:${port}`), ...DEVELOPMENT],
    'hosts of the local network': LOCAL_NETWORK,
    'tunnels and online editors': TUNNELS,
    'other spellings of the app': spellingsOf(app),
    'several origins': [`${app} ${FOREIGN}`, `${FOREIGN} ${app}`, `${app},${FOREIGN}`, `${FOREIGN}, ${app}`, [FOREIGN, app], [app, FOREIGN]],
  };
  const [first, ...others] = Object.entries(members).flatMap(([name, all]): OriginFamily[] => {
    const headers = all.map((each): OriginHeaders => (typeof each === 'string' ? [each] : each));
    const [one, ...more] = headers.filter((values) => values.length > 1 || !allowed.includes(values[0]));
    return one === undefined ? [] : [{ name, members: [one, ...more] }];
  });
  if (first === undefined) throw new Error('unreachable: the opaque origins are never allowed');
  return [first, ...others];
}

const FOREIGN = 'https://foreign-site.example';

const ON_THIS_DEVICE = ['shells of mobile and desktop apps', 'development servers', 'hosts of the local network'];

export function senderOf(family: string, [origin, ...more]: OriginHeaders): Sender {
  if (ON_THIS_DEVICE.includes(family)) return 'this device';
  return more.length === 0 && (origin === 'null' || URL.parse(origin)?.origin === origin) ? 'any page' : 'no browser';
}

function labelOf(app: string): string {
  const { hostname } = new URL(app);
  return parse(hostname, { allowPrivateDomains: true }).domainWithoutSuffix ?? hostname.split('.')[0] ?? hostname;
}

/** Where the platform is not known, previews are usually subdomains. */
function previewsOf(app: string): string[] {
  const { hostname } = new URL(app);
  const [suffix, namesOf] = Object.entries(PREVIEWS).find(([each]) => hostname.endsWith(`.${each}`)) ?? [];
  if (suffix === undefined || namesOf === undefined) return ['pr-1', 'preview', 'git-main'].map((label) => app.replace('//', `//${label}.`));
  return namesOf(hostname.slice(0, -suffix.length - 1)).map((name) => `https://${name}.${suffix}`);
}

/** Besides the API's own origin those that another customer of its platform can have. */
function neighborsOf(apiUrl: string): string[] {
  const { hostname, origin } = new URL(apiUrl);
  const { publicSuffix } = parse(hostname, { allowPrivateDomains: true });
  const parent = hostname.includes('.') ? hostname.replace(/^[^.]*\./, '') : 'up.railway.app';
  return [
    origin,
    `https://audit-neighbor.${publicSuffix?.includes('.') === true ? publicSuffix : parent}`,
    `http://${hostname}`,
    `https://evil.${hostname}`,
  ];
}

/** Values that differ from the app's origin only where parsers and comparisons are loose. */
function spellingsOf(app: string): string[] {
  const { hostname, port } = new URL(app);
  return [
    app.toUpperCase(),
    `https://${hostname}.${port === '' ? '' : `:${port}`}`,
    `${app}/`,
    `${app}:443`,
    `${app}?x`,
    `${app}#x`,
    `https://user@${hostname}`,
    `https://${FOREIGN.slice(8)}#@${hostname}`,
    `//${hostname}`,
    hostname,
    `HTTPS://${hostname}`,
    `${app}%00.evil.example`,
    `${app}%60.evil.example`,
    `${app};`,
  ].map((origin) => (port === '' ? origin : origin.replace(/:443$/, '')));
}

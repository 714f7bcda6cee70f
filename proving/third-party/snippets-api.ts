import { randomInt } from 'node:crypto';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { verify } from 'hono/jwt';
import { secureHeaders } from 'hono/secure-headers';
import type * as z from 'zod/v4';
import { listenOnFreePort } from '../../rehearsal/process/listen-on-free-port.ts';
import { PROBLEM_TYPE, problem } from './problem.ts';
import { changes, newSnippet, query, type Snippet, type SnippetsTrait, SLUG, snippetsContract } from './snippets-contract.ts';
import type { ThirdPartyApi, ThirdPartySettings } from './third-party-api.ts';

/** Faults that real APIs of this kind had, one of each area. */
export const FAULTS = [
  'owner-forgotten-in-list',
  'origin-reflected',
  'expired-token-accepted',
  'version-in-health',
  'errors-without-nosniff',
  'numbers-coerced-to-text',
  'forwarded-address-trusted',
] as const;
/** Faults of its limiter. */
export const LIMITER_FAULTS = ['forwarded-address-trusted', 'users-share-a-limit', 'preflights-limited', 'error-instead-of-429'] as const;
export type SnippetsFault = (typeof FAULTS | typeof LIMITER_FAULTS)[number];

/** Ways to accept callers who must be rejected. */
export const ADMISSIONS = ['authentication-missing', 'account-unprotected', 'signature-unverified'] as const;
export type Admission = (typeof ADMISSIONS)[number];

export type SnippetsOptions = {
  faults?: readonly SnippetsFault[];
  admission?: Admission;
  traits?: readonly SnippetsTrait[];
  /**
   * Adds operations on the account, on sessions, payments, e-mails and everything at once, and is called with each one that has an effect
   * when it reaches its handler.
   */
  onEffect?: (operation: string) => void;
  /** Follows none of this project's policies: plain JSON errors, other origins served without CORS permission, 400 and 404 for 413 and 405, a version in health. */
  isPlain?: boolean;
  /** How its limiter states limits, besides Retry-After: as our service does (the default), as GitHub does, or not at all. */
  limitHeaders?: 'RateLimit' | 'X-RateLimit' | 'none';
};

type SnippetsEnv = { Variables: { caller: string } };

/** Operations with effects, and reads beside them. The login needs no token. */
const ACCOUNT_PATHS = ['/me', '/me/password', '/profile', '/things', '/logout', '/sign-out', '/rebuild/reset'];
const OTHER_COLLECTIONS = ['/payments', '/emails', '/users', '/records'];
const WITH_EFFECTS = [...ACCOUNT_PATHS, ...OTHER_COLLECTIONS.flatMap((path) => [path, `${path}/*`])];
const WINDOW_MS = 60_000;
const LARGEST_BODY_BYTES = 48 * 1_024;
const LARGEST_HEADER_BYTES = 64 * 1_024;

/** What the parts of the API share. */
type SnippetsState = ThirdPartySettings &
  SnippetsOptions & { has(what: SnippetsFault | SnippetsTrait): boolean; snippets: Map<string, Snippet>; created: number };

type SnippetsApp = Hono<SnippetsEnv>;

/** An API in Hono that differs from ours and from the notes: lists are arrays, ids are short, PATCH updates. Sound, except for `faults`. */
export function createSnippetsApi(settings: ThirdPartySettings, options: SnippetsOptions = {}): ThirdPartyApi {
  const { faults = [], traits = [], onEffect } = options;
  const present = new Set<SnippetsFault | SnippetsTrait>([...faults, ...traits]);
  const state: SnippetsState = { ...settings, ...options, has: (what) => present.has(what), snippets: new Map(), created: 0 };
  const app: SnippetsApp = new Hono();
  const limiter = limit(state);
  addHeaders(app, state);
  if (state.has('preflights-limited')) app.options('*', identify(state), limiter);
  addCors(app, state);
  addStatus(app, state);
  addAccessControl(app, state, limiter);
  if (onEffect) addEffects(app, onEffect);
  addSnippets(app, state);
  app.notFound(() => problemResponse(404));
  app.onError((error) => problemResponse(error instanceof HTTPException ? error.status : 500));

  const listener = getRequestListener(options.isPlain === true ? async (request) => plain(await app.fetch(request)) : app.fetch);
  const server = createServer(
    // Longer than the edge keeps an idle connection: otherwise a request on its way meets a closed one, and the edge returns 502.
    { maxHeaderSize: LARGEST_HEADER_BYTES, keepAliveTimeout: 65_000 },
    (incoming, outgoing) => {
      // The adapter ends the connection of a body that was not read, without announcing it: the edge must not reuse it.
      if (incoming.method !== 'GET' && incoming.method !== 'HEAD') outgoing.shouldKeepAlive = false;
      void listener(incoming, outgoing);
    },
  );
  return {
    contract: snippetsContract(onEffect !== undefined, options.isPlain, traits),
    listen: () => listenOnFreePort(server),
    count: () => ({ created: state.created, stored: state.snippets.size }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function addHeaders(app: SnippetsApp, { has }: SnippetsState): void {
  app.use(async (c, next) => {
    await next();
    if (has('errors-without-nosniff') && c.res.status >= 400) c.res.headers.delete('X-Content-Type-Options');
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      strictTransportSecurity: 'max-age=31536000',
      xFrameOptions: 'DENY',
    }),
  );
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
    c.header('Vary', 'Origin');
  });
}

function addCors(app: SnippetsApp, state: SnippetsState): void {
  const { appOrigin, isPlain = false, has } = state;
  app.use(async (c, next) => {
    const origin = c.req.header('Origin');
    if (origin !== undefined && origin !== appOrigin && !isPlain && !has('origin-reflected')) throw new HTTPException(403);
    await next();
  });
  app.use(
    cors({
      origin: has('origin-reflected') ? (origin) => origin : [appOrigin],
      allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowHeaders: ['Authorization', 'Content-Type'],
      exposeHeaders: [...Object.keys(limitHeaders(state, 0, 0)), 'Retry-After'],
      maxAge: isPlain ? 172_800 : 300,
      credentials: has('credentials-allowed'),
    }),
  );
}

function addStatus(app: SnippetsApp, { has, isPlain = false }: SnippetsState): void {
  // As the routers of FastAPI and Starlette do, before any authentication.
  if (has('slashes-redirected'))
    app.use(async (c, next) => {
      const { pathname, search } = new URL(c.req.url);
      if (pathname.length > 1 && pathname.endsWith('/')) c.res = c.redirect(`${pathname.replace(/^\/+/, '/').replace(/\/+$/, '')}${search}`, 307);
      else await next();
    });
  app.get('/ping', (c) => c.json({ pong: true }));
  app.on(isPlain ? ['GET', 'PROPFIND'] : ['GET'], '/status', (c) => {
    const version = (has('version-in-health') || isPlain) && { version: process.version };
    return c.json({ service: 'up', store: 'up', ...version });
  });
  for (const path of ['/ping', '/status']) app.all(path, notAllowed('GET, HEAD'));
}

/** Authentication, then the rate limit, then authorization. */
function addAccessControl(app: SnippetsApp, state: SnippetsState, limiter: MiddlewareHandler<SnippetsEnv>): void {
  const { admission, onEffect, has } = state;
  for (const path of ['/snippets/*', ...(onEffect ? WITH_EFFECTS : [])]) {
    app.use(path, identify(state), limiter);
    app.use(path, async (c, next) => {
      const isOpen = admission === 'authentication-missing' || (admission === 'account-unprotected' && ACCOUNT_PATHS.includes(path));
      if (c.get('caller') === '' && !isOpen) throw new HTTPException(has('forbidden-without-token') ? 403 : 401);
      await next();
    });
  }
}

function addEffects(app: SnippetsApp, onEffect: (operation: string) => void): void {
  const effect = (c: Context<SnippetsEnv>): Response => {
    onEffect(`${c.req.method} ${c.req.path}`);
    return c.body(null, 204);
  };
  app.delete('/me', effect).put('/me/password', effect).put('/profile', effect).delete('/things', effect).post('/logout', effect);
  app.get('/sign-out', effect).get('/rebuild/reset', effect).post('/login', effect).post('/snippets/:slug/email', effect);
  for (const path of OTHER_COLLECTIONS) {
    app.get(path, (c) => c.json({})).post(path, effect);
    app.get(`${path}/:id`, () => problemResponse(404)).delete(`${path}/:id`, effect);
  }
  // Undocumented.
  app.on(['DELETE', 'PUT', 'PATCH'], '/snippets', effect);
}

function addSnippets(app: SnippetsApp, state: SnippetsState): void {
  const { snippets, has } = state;
  function ownSnippet(c: Context<SnippetsEnv>): Snippet {
    const slug = c.req.param('slug') ?? '';
    const snippet = SLUG.test(slug) ? snippets.get(slug) : undefined;
    if (snippet?.account !== c.get('caller')) throw new HTTPException(404);
    return snippet;
  }

  app.use('/snippets/*', bodyLimit({ maxSize: LARGEST_BODY_BYTES, onError: () => problemResponse(413) }));
  app.get('/snippets', (c) => {
    const { size, language, query: text = '' } = parsed(query, c.req.query(), state.isPlain === true ? {} : c.req.queries());
    const caller = c.get('caller');
    const found = [...snippets.values()]
      .filter(({ account }) => account === caller || has('owner-forgotten-in-list'))
      .filter((each) => (language === undefined || each.language === language) && `${each.caption}\n${each.source}`.includes(text));
    return c.json(found.toReversed().slice(0, size ?? 100));
  });
  app.post('/snippets', async (c) => {
    const { language = 'shell', ...content } = parsed(newSnippet, has('numbers-coerced-to-text') ? asTexts(await jsonOf(c)) : await jsonOf(c));
    const snippet = { ...content, language, slug: newSlug(), account: c.get('caller'), changed: new Date().toISOString() };
    snippets.set(snippet.slug, snippet);
    state.created += 1;
    return c.json(has('creation-returns-id') ? { slug: snippet.slug } : snippet);
  });
  app.get('/snippets/:slug', (c) => {
    const readAt = has('reads-state-their-time') && { read_at: new Date().toISOString(), trace: randomInt(2 ** 40).toString(36) };
    return c.json({ ...ownSnippet(c), ...readAt });
  });
  app.patch('/snippets/:slug', async (c) => {
    const snippet = ownSnippet(c);
    const { caption = snippet.caption, source = snippet.source, language = snippet.language } = parsed(changes, await jsonOf(c));
    const changed = { ...snippet, caption, source, language, changed: new Date().toISOString() };
    snippets.set(changed.slug, changed);
    return c.json(changed);
  });
  app.delete('/snippets/:slug', (c) => {
    const snippet = ownSnippet(c);
    snippets.delete(snippet.slug);
    return c.json(snippet);
  });
  app.all('/snippets', notAllowed('GET, HEAD, POST'));
  app.all('/snippets/:slug', notAllowed('GET, HEAD, PATCH, DELETE'));
}

function identify(state: SnippetsState): MiddlewareHandler<SnippetsEnv> {
  return async (c, next) => {
    c.set('caller', (await userOf(c, state)) ?? '');
    await next();
  };
}

/** The user of a valid token. */
async function userOf(c: Context, { jwtSecret, admission, has }: SnippetsState): Promise<string | undefined> {
  const authorization = c.req.header('Authorization') ?? '';
  if (admission === 'signature-unverified') return unverifiedUserOf(authorization);
  // Many libraries decode base64url with padding.
  const unpadded = has('padding-tolerated') ? authorization.replace(/=+$/, '') : authorization;
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(unpadded)?.[1];
  if (token === undefined) return undefined;
  try {
    const { sub, exp } = await verify(token, jwtSecret, { alg: 'HS256', exp: !has('expired-token-accepted') });
    return typeof sub === 'string' && sub !== '' && Number.isSafeInteger(exp) && Number(exp) > 0 ? sub : undefined;
  } catch {
    return undefined;
  }
}

/** The user in a token's payload, without verification. */
function unverifiedUserOf(authorization: string): string | undefined {
  try {
    const payload = /^Bearer [^.]+\.([^.]+)\./.exec(authorization)?.[1] ?? '';
    const { sub }: { sub?: unknown } = JSON.parse(Buffer.from(payload, 'base64url').toString()) ?? {};
    return typeof sub === 'string' && sub !== '' ? sub : undefined;
  } catch {
    return undefined;
  }
}

/** One window for each user, or for each first address in the header. */
function limit(state: SnippetsState): MiddlewareHandler<SnippetsEnv> {
  const { requestsPerMinute, has } = state;
  const windows = new Map<string, { used: number; endsAt: number }>();
  const keyOf = (c: Context<SnippetsEnv>): string => {
    if (c.get('caller') !== '') return has('users-share-a-limit') ? 'users' : c.get('caller');
    return `address ${c.req.header(has('forwarded-address-trusted') ? 'X-Forwarded-For' : 'X-Real-IP')?.split(',')[0] ?? ''}`;
  };
  return async (c, next) => {
    const key = keyOf(c);
    const known = windows.get(key);
    const window = known !== undefined && known.endsAt > Date.now() ? known : { used: 0, endsAt: Date.now() + WINDOW_MS };
    windows.set(key, window);
    window.used += 1;
    if (window.used <= requestsPerMinute) await next();
    else if (has('error-instead-of-429')) c.res = problemResponse(500);
    else c.res = problemResponse(429, { 'Retry-After': String(Math.ceil((window.endsAt - Date.now()) / 1_000)) });
    const headers = limitHeaders(state, Math.max(0, requestsPerMinute - window.used), window.endsAt);
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
  };
}

function limitHeaders(
  { requestsPerMinute: quota, limitHeaders: format = 'RateLimit' }: SnippetsState,
  left: number,
  endsAt: number,
): Record<string, string> {
  const seconds = Math.ceil((endsAt - Date.now()) / 1_000);
  if (format === 'none') return {};
  return format === 'RateLimit'
    ? { 'RateLimit-Policy': `"account";q=${quota};w=${WINDOW_MS / 1_000}`, RateLimit: `"account";r=${left};t=${seconds}` }
    : { 'X-RateLimit-Limit': `${quota}`, 'X-RateLimit-Remaining': `${left}`, 'X-RateLimit-Reset': `${Math.ceil(endsAt / 1_000)}` };
}

function problemResponse(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  const challenge = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
  return new Response(problem(status), { status, headers: { 'Content-Type': PROBLEM_TYPE, ...challenge, ...headers } });
}

/** The same response without this project's policies. */
async function plain(response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  if (headers.get('Access-Control-Allow-Origin') === null) headers.delete('Vary');
  for (const name of ['Content-Security-Policy', 'X-Frame-Options', 'Referrer-Policy']) headers.delete(name);
  if (headers.get('Content-Type') !== PROBLEM_TYPE) return new Response(response.body, { status: response.status, headers });
  const status = { 405: 404, 413: 400 }[response.status] ?? response.status;
  headers.set('Content-Type', 'application/json');
  headers.delete('Content-Length');
  return new Response(JSON.stringify({ error: status === 404 ? 'Not found' : 'Rejected' }), { status, headers });
}

function notAllowed(methods: string): () => Response {
  return () => problemResponse(405, { Allow: methods });
}

async function jsonOf({ req }: Context): Promise<unknown> {
  if (!/^application\/json\b/.test(req.header('Content-Type') ?? '')) throw new HTTPException(415);
  try {
    return await req.json();
  } catch {
    throw new HTTPException(400);
  }
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, all: Readonly<Record<string, readonly string[]>> = {}): z.output<Schema> {
  const { success, data } = schema.safeParse(value);
  const isRepeated = Object.values(all).some(({ length }) => length > 1);
  if (!success || isRepeated) throw new HTTPException(422);
  return data;
}

/** Coerces numbers as a lenient parser does. */
function asTexts(body: unknown): unknown {
  const isNumber = (value: unknown): boolean => typeof value === 'number';
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, isNumber(value) ? String(value) : (value as unknown)]));
}

function newSlug(): string {
  return Array.from({ length: 10 }, () => randomInt(36).toString(36)).join('');
}

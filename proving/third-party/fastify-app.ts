import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest, type HTTPMethods } from 'fastify';
import jwt from 'jsonwebtoken';
import type { AddressInfo } from 'node:net';
import { PROBLEM_TYPE, problem } from './problem.ts';
import type { ThirdPartySettings } from './third-party-api.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The user of a valid token; empty without one. */
    caller: string;
  }
  interface FastifyContextConfig {
    isFree?: boolean;
  }
}

const WINDOW_SECONDS = 60;
const LARGEST_BODY_BYTES = 32 * 1_024;
const LARGEST_HEADER_BYTES = 64 * 1_024;
const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'];

/** A Fastify app with what a sound API needs besides its routes: headers, origins, a rate limit, and problems as errors. */
export async function createSoundApp(settings: ThirdPartySettings): Promise<FastifyInstance> {
  const app = createApp();
  await addProtections(app, settings);
  await addRateLimit(app, settings);
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 404));
  app.setErrorHandler<Error & { statusCode?: number }>(({ statusCode = 500 }, _request, reply) => sendProblem(reply, statusCode));
  return app;
}

/** Resolves with the port on 127.0.0.1. */
export async function listenLocally(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

function createApp(): FastifyInstance {
  const app = fastify({
    bodyLimit: LARGEST_BODY_BYTES,
    http: { maxHeaderSize: LARGEST_HEADER_BYTES },
    // Fastify responds to a longer parameter before any hook runs, and names itself.
    routerOptions: { maxParamLength: LARGEST_HEADER_BYTES },
    // The edge's two hops: entries further left come from the client.
    trustProxy: (_address, hop) => hop < 2,
    // Fastify responds to an undecodable path before any hook runs.
    rewriteUrl: ({ url = '/' }) => (isDecodable(url) ? url : '/undecodable'),
  });
  const bodies = withFormats(new Ajv2020({ strict: false }));
  const queries = withFormats(new Ajv2020({ strict: false, coerceTypes: true, useDefaults: true }));
  app.setValidatorCompiler<object>(({ schema, httpPart }) => (httpPart === 'body' ? bodies : queries).compile(schema));
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('caller', '');
  return app;
}

async function addProtections(app: FastifyInstance, { appOrigin }: ThirdPartySettings): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    frameguard: { action: 'deny' },
    strictTransportSecurity: { maxAge: 63_072_000 },
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('Cache-Control', 'no-store').header('Vary', 'Origin');
    const origins = request.raw.headersDistinct['origin'] ?? [];
    if (origins.length > 1 || (origins[0] ?? appOrigin) !== appOrigin) return sendProblem(reply, 403);
  });
  await app.register(cors, {
    origin: [appOrigin],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type'],
    exposedHeaders: ['RateLimit', 'RateLimit-Policy', 'Retry-After'],
    maxAge: 300,
  });
}

/** Identifies the caller, and limits each user and each address without a valid token. */
async function addRateLimit(app: FastifyInstance, { jwtSecret, requestsPerMinute, users }: ThirdPartySettings): Promise<void> {
  await app.register(rateLimit, { global: false, max: requestsPerMinute, timeWindow: WINDOW_SECONDS * 1_000 });
  const take = app.createRateLimit({ keyGenerator: ({ caller, ip }) => (caller === '' ? `address ${ip}` : `user ${caller}`) });
  app.addHook('onRequest', async (request, reply) => {
    const subject = subjectOf(request, jwtSecret) ?? '';
    request.caller = users === undefined || users.includes(subject) ? subject : '';
    if (request.method === 'OPTIONS' || request.routeOptions.config.isFree === true) return;
    const limit = await take(request);
    if (limit.isAllowed) return;
    reply.header('RateLimit-Policy', `"minute";q=${limit.max};w=${WINDOW_SECONDS}`);
    reply.header('RateLimit', `"minute";r=${limit.remaining};t=${limit.ttlInSeconds}`);
    if (limit.isExceeded) return sendProblem(reply.header('Retry-After', String(limit.ttlInSeconds)), 429);
  });
}

export function sendProblem(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).type(PROBLEM_TYPE).send(problem(status));
}

export function rejectOtherMethods(app: FastifyInstance, url: string, allowed: readonly HTTPMethods[]): void {
  const others = METHODS.filter((method) => !allowed.includes(method));
  app.route({ method: others, url, handler: async (_request, reply) => sendProblem(reply.header('Allow', allowed.join(', ')), 405) });
}

/** The user of a valid token. */
function subjectOf({ headers }: FastifyRequest, secret: string): string | undefined {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) return undefined;
  try {
    const { header, payload } = jwt.verify(token, secret, { algorithms: ['HS256'], complete: true });
    if (typeof payload === 'string' || 'crit' in header || (header.typ ?? 'JWT') !== 'JWT') return undefined;
    const { sub, exp }: { sub?: unknown; exp?: unknown } = payload;
    return Number.isSafeInteger(exp) && typeof sub === 'string' && sub !== '' ? sub : undefined;
  } catch {
    return undefined;
  }
}

function withFormats(ajv: Ajv2020): Ajv2020 {
  addFormats.default(ajv);
  return ajv;
}

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}

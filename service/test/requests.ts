import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod/v4';

export type HttpResponse = { status: number; headers: IncomingHttpHeaders; text: string; body: unknown };

type RequestOptions = { token?: string; json?: unknown; body?: string | Buffer; headers?: Record<string, string | string[]>; agent?: Agent };

/** Sends one request unchanged: fetch would restrict origins, repeated headers and paths. */
export async function send(
  base: string,
  method: string,
  path: string,
  { token, json, body, headers, agent }: RequestOptions = {},
): Promise<HttpResponse> {
  const content = json === undefined ? body : JSON.stringify(json);
  const sent = request(base, {
    method,
    path,
    ...(agent && { agent }),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(content !== undefined && { 'content-length': Buffer.byteLength(content) }),
      ...headers,
    },
  });
  sent.end(content);
  const [response] = await once(sent, 'response');
  const received = await text(response);
  const isJson = /^application\/(problem\+)?json/.test(response.headers['content-type'] ?? '');
  return {
    status: response.statusCode,
    headers: response.headers,
    text: received,
    body: isJson && received !== '' ? JSON.parse(received) : undefined,
  };
}

const VARYING_HEADERS = new Set(['date', 'x-request-id', 'ratelimit', 'ratelimit-policy']);

/** A response without the parts that always differ. Clients cannot distinguish two equal results. */
export function comparable({ status, headers, body }: HttpResponse): unknown {
  const comparableHeaders = Object.entries(headers).map(([name, value]) => [name, VARYING_HEADERS.has(name) ? 'any' : value]);
  return {
    status,
    headers: Object.fromEntries(comparableHeaders),
    body: typeof body === 'object' && body !== null && 'request_id' in body ? { ...body, request_id: 'any' } : body,
  };
}

const problemDetails = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  message: z.string(),
  request_id: z.uuid(),
  errors: z.array(z.strictObject({ in: z.string(), pointer: z.string(), detail: z.string() })).optional(),
});

/** Parses a problem. @throws if the response is not a problem of the documented shape, or contradicts its status or headers */
export function problemOf({ status, headers, body }: HttpResponse): {
  status: number;
  code: string;
  title: string;
  detail: string;
  errors: string[];
} {
  assert.match(headers['content-type'] ?? '', /^application\/problem\+json(;|$)/);
  const problem = problemDetails.parse(body);
  assert.deepEqual([problem.status, problem.message, problem.request_id], [status, problem.detail, headers['x-request-id']]);
  const { code, title, detail, errors = [] } = problem;
  return { status, code, title, detail, errors: errors.map((error) => `${error.in} ${error.pointer}`) };
}

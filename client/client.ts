import createClient, { type Client, type Middleware } from 'openapi-fetch';
import type { paths } from './api.d.ts';

export type TasksClient = Client<paths>;

/**
 * The token of the signed-in user; null when no user is signed in.
 * @param rejected the token that the API has just rejected: the next one must be a new one
 */
export type GetToken = (rejected?: string) => Promise<string | null>;

export type TasksClientOptions = {
  /** The API, such as `https://tasks-api.up.railway.app`. */
  readonly baseUrl: string;
  /** Called for each request. Use the sign-in's SDK if it caches tokens, or {@link cacheToken}. */
  readonly getToken: GetToken;
};

/** A client of the API. After a 401 it gets a new token and repeats the request once. Its calls reject when there is no response. */
export function createTasksClient({ baseUrl, getToken }: TasksClientOptions): TasksClient {
  // The contract separates the values of a parameter by commas.
  const client = createClient<paths>({ baseUrl, querySerializer: { array: { style: 'form', explode: false } } });
  client.use(authentication(getToken));
  return client;
}

/** Reuses one token for all requests until the API rejects it. Parallel requests wait for the same token. */
export function cacheToken(fetchToken: () => Promise<string | null>): GetToken {
  let cached: Promise<string | null> | undefined;
  return async (rejected) => {
    const previous = cached;
    if (rejected !== undefined && (await previous) === rejected && cached === previous) cached = undefined;
    const current = (cached ??= fetchToken());
    const forget = (): void => {
      if (cached === current) cached = undefined;
    };
    try {
      const token = await current;
      if (token === null) forget();
      return token;
    } catch (error) {
      forget();
      throw error;
    }
  };
}

/** The waiting time that a 429 or 503 states, in milliseconds; undefined without a valid Retry-After (RFC 9110 section 10.2.3). */
export function retryAfterMs({ headers }: Response, now: number = Date.now()): number | undefined {
  const value = headers.get('Retry-After');
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}

type Attempt = { readonly token: string; readonly repeat: Request };

function authentication(getToken: GetToken): Middleware {
  // Sending a request consumes its body, so each one has a copy for a second attempt.
  const attempts = new WeakMap<Request, Attempt>();
  return {
    async onRequest({ request }) {
      const token = await getToken();
      if (token === null) return;
      attempts.set(request, { token, repeat: request.clone() });
      setToken(request, token);
    },
    async onResponse({ request, response, options: { fetch } }) {
      const attempt = attempts.get(request);
      if (response.status !== 401 || attempt === undefined) return undefined;
      const token = await getToken(attempt.token);
      if (token === null || token === attempt.token) return undefined;
      setToken(attempt.repeat, token);
      return fetch(attempt.repeat);
    },
  };
}

function setToken(request: Request, token: string): void {
  request.headers.set('Authorization', `Bearer ${token}`);
}

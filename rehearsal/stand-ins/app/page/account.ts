import { Rejected, toUnavailable, Unavailable } from './errors.ts';

/** The app's own sign-in, at the app's origin. */
const BASE = '/api/auth';

export type User = { readonly id: string; readonly name: string; readonly email: string };

export async function signUp(name: string, email: string, password: string): Promise<User> {
  return (await post<{ user: User }>('/sign-up/email', { name, email, password })).user;
}

export async function signIn(email: string, password: string): Promise<User> {
  return (await post<{ user: User }>('/sign-in/email', { email, password })).user;
}

export async function signOut(): Promise<void> {
  await post('/sign-out', {});
}

/** @returns undefined when no user is signed in */
export async function currentUser(): Promise<User | undefined> {
  const response = await send('/get-session');
  return ((await response.json()) as { user: User } | null)?.user;
}

/** @returns a new token for the API; null when no user is signed in */
export async function fetchToken(): Promise<string | null> {
  const response = await send('/token');
  return response.ok ? ((await response.json()) as { token: string }).token : null;
}

async function post<Body>(path: string, body: Readonly<Record<string, string>>): Promise<Body> {
  const response = await send(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const received: unknown = await response.json();
  if (response.ok) return received as Body;
  throw new Rejected((received as { message?: string } | null)?.message ?? 'The sign-in failed.');
}

async function send(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(`${BASE}${path}`, init).catch(toUnavailable);
  // Better Auth states the seconds in a header of its own.
  const seconds = Number(response.headers.get('X-Retry-After') ?? Number.NaN);
  const problem = Unavailable.ofStatus(response.status, Number.isNaN(seconds) ? undefined : seconds * 1_000);
  if (problem !== undefined) throw problem;
  return response;
}

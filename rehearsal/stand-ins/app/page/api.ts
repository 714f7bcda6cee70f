import type { components } from '../../../../client/api.d.ts';
import { cacheToken, createTasksClient, retryAfterMs, type TasksClient } from '../../../../client/client.ts';
import { fetchToken } from './account.ts';
import { Rejected, SignedOut, toUnavailable, Unavailable } from './errors.ts';

/** Compiled in by the build. */
declare const API_URL: string;

type Schemas = components['schemas'];
type Tag = Schemas['Tag'];
export type Task = Schemas['Task'];
export type Priority = Task['priority'];
export type TaskPage = Schemas['TaskPage'];

export type TaskQuery = { search: string; completed: boolean | undefined; page: number };
export type NewTask = { title: string; priority: Priority; tags: readonly string[] };

/** For one session: the token of another user must not be reused. */
export function createClient(): TasksClient {
  return createTasksClient({ baseUrl: API_URL, getToken: cacheToken(fetchToken) });
}

export function listTasks(client: TasksClient, { search, completed, page }: TaskQuery, signal: AbortSignal): Promise<TaskPage> {
  const query = { page, ...(search !== '' && { search }), ...(completed !== undefined && { completed }) };
  return dataOf(client.GET('/api/v1/tasks', { params: { query }, signal }));
}

/** @param key makes the call safe to repeat */
export async function addTask(client: TasksClient, { title, priority, tags }: NewTask, key: string): Promise<Task> {
  const body = { title, priority, tag_ids: await tagIds(client, tags) };
  return dataOf(client.POST('/api/v1/tasks', { params: { header: { 'Idempotency-Key': key } }, body }));
}

/** Sets what the user sees, and so is safe to repeat, unlike the operation that toggles. */
export function setCompleted(client: TasksClient, id: number, completed: boolean): Promise<Task> {
  return dataOf(client.PUT('/api/v1/tasks/{id}', { params: { path: { id } }, body: { completed } }));
}

export async function setTags(client: TasksClient, id: number, tags: readonly string[]): Promise<Task> {
  const body = { tag_ids: await tagIds(client, tags) };
  return dataOf(client.PUT('/api/v1/tasks/{id}', { params: { path: { id } }, body }));
}

export async function deleteTask(client: TasksClient, id: number): Promise<void> {
  const { response, error } = await client.DELETE('/api/v1/tasks/{id}', { params: { path: { id } } }).catch(toUnavailable);
  // A repeated call finds no task.
  if (response.status !== 404) throwUnlessOk(response, error);
}

/** The names in a field where commas separate them, as the API stores them. */
export function parseTags(text: string): string[] {
  const names = text.split(',').map((name) => name.trim().toLowerCase().normalize('NFC'));
  return [...new Set(names)].filter((name) => name !== '');
}

/** The ids of the tags with these names, which are created where they are missing. */
async function tagIds(client: TasksClient, names: readonly string[]): Promise<number[]> {
  const ids: number[] = [];
  for (const name of names) ids.push((await findTag(client, name))?.id ?? (await createTag(client, name)).id);
  return ids;
}

async function findTag(client: TasksClient, name: string): Promise<Tag | undefined> {
  const { tags } = await dataOf(client.GET('/api/v1/tags/autocomplete', { params: { query: { q: name, limit: 50 } } }));
  return tags.find((tag) => tag.name === name);
}

async function createTag(client: TasksClient, name: string): Promise<Tag> {
  try {
    return await dataOf(client.POST('/api/v1/tags', { body: { name } }));
  } catch (error) {
    // A parallel call may have created it.
    const tag = error instanceof Rejected ? await findTag(client, name) : undefined;
    if (tag === undefined) throw error;
    return tag;
  }
}

type Problem = Schemas['Problem'];
type Result<Data> = { data?: Data; error?: Problem; response: Response };

/** @throws {Unavailable}, {SignedOut} or {Rejected} for any other response than a success */
async function dataOf<Data>(call: Promise<Result<Data>>): Promise<Data> {
  const { data, error, response } = await call.catch(toUnavailable);
  throwUnlessOk(response, error);
  if (data === undefined) throw new Unavailable('The server is not available.');
  return data;
}

function throwUnlessOk(response: Response, problem: Problem | undefined): void {
  if (response.ok) return;
  if (response.status === 401) throw new SignedOut();
  throw Unavailable.ofStatus(response.status, retryAfterMs(response)) ?? new Rejected(describeProblem(problem));
}

/** The name of a field is the same in the API and on the page. */
function describeProblem(problem: Problem | undefined): string {
  const [first] = problem?.errors ?? [];
  if (first === undefined) return problem?.message ?? 'The server rejected this.';
  const sentence = `${first.pointer.slice(1)} ${first.detail}.`;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

import { randomBytes, randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { signToken } from '../../rehearsal/process/credentials.ts';
import { idOf, isSuccess, sendTimed, type TimedRequest, type TimedRequestOptions, type TimedResponse, withoutBody } from './timed-request.ts';
import type { LoggedCreation, WriteLog } from './write-log.ts';

const TASKS = '/api/v1/tasks';
const USERS = 100;
/** Between two requests of a user: about 200 requests a second in total, which two cores can serve. */
const THINK_MS = 500;
/** How long a creation with a key is still retried after the load's end. */
const RETRY_MS = 15_000;
const KEYED_SHARE = 1 / 3;
/** The share of acknowledged creations with a key that are sent again, as by a client that lost the response. */
const REPEATED_SHARE = 1 / 4;

/** 100 users, each with its own tasks, that send their next request after the response to the last. */
export type UserLoad = {
  readonly users: readonly string[];
  readonly requests: readonly TimedRequest[];
  readonly writeLog: WriteLog;
  /** Starts nothing new and resolves when all requests have ended and keyed creations are acknowledged (15 s at most). */
  stop(): Promise<void>;
  /** Cuts everything immediately. */
  abandon(): Promise<void>;
};

type User = {
  readonly id: string;
  readonly token: string;
  readonly tasks: number[];
};

type LoadState = {
  readonly port: number;
  readonly agent: Agent;
  /** Aborts when users must start nothing new. */
  readonly stopping: AbortSignal;
  /** Aborts when the results are no longer needed. */
  readonly abandoned: AbortSignal;
  readonly writeLog: WriteLog;
  readonly requests: TimedRequest[];
  /** No retries after this moment. */
  retryUntil: number;
};

/** @param port of the service on 127.0.0.1 */
export function startUserLoad(port: number, jwtSecret: string): UserLoad {
  const stopping = new AbortController();
  const abandoned = new AbortController();
  const agent = new Agent({ keepAlive: true });
  const writeLog: WriteLog = { creations: [], descriptions: new Map() };
  const signals = { stopping: stopping.signal, abandoned: abandoned.signal };
  const state: LoadState = { port, agent, ...signals, writeLog, requests: [], retryUntil: Number.POSITIVE_INFINITY };
  const users = Array.from({ length: USERS }, () => createUser(jwtSecret));
  const running = Promise.all(users.map((user) => runUser(user, state)));

  async function finish(): Promise<void> {
    await running;
    agent.destroy();
  }
  return {
    users: users.map(({ id }) => id),
    requests: state.requests,
    writeLog,
    stop: async () => {
      state.retryUntil = performance.now() + RETRY_MS;
      stopping.abort();
      await finish();
    },
    abandon: async () => {
      stopping.abort();
      abandoned.abort();
      agent.destroy();
      await finish();
    },
  };
}

function createUser(jwtSecret: string): User {
  const id = randomBytes(16).toString('hex');
  return { id, token: signToken(id, jwtSecret, '1h'), tasks: [] };
}

async function runUser(user: User, state: LoadState): Promise<void> {
  await pause(THINK_MS * Math.random(), state.stopping);
  while (!state.stopping.aborted) {
    await sendNext(user, state);
    await pause(THINK_MS * (0.5 + Math.random()), state.stopping);
  }
}

async function sendNext(user: User, state: LoadState): Promise<unknown> {
  const dice = Math.random();
  const task = user.tasks[Math.floor(Math.random() * user.tasks.length)];
  if (dice < 0.4 || task === undefined) return create(user, state);
  if (dice < 0.6) return send(user, state, { method: 'GET', path: `${TASKS}?per_page=5`, template: TASKS });
  if (dice < 0.8) return send(user, state, { method: 'GET', path: `${TASKS}/${task}`, template: `${TASKS}/{id}` });
  return update(user, state, task);
}

async function create(user: User, state: LoadState): Promise<void> {
  const key = Math.random() < KEYED_SHARE ? randomUUID() : undefined;
  const creation: LoggedCreation = { userId: user.id, title: `task ${randomUUID()}`, key, ids: new Set() };
  state.writeLog.creations.push(creation);
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  const json = { title: creation.title };
  const post = async (repeats = false): Promise<TimedResponse> => send(user, state, { method: 'POST', path: TASKS, headers, json, repeats });

  let response = await post();
  while (key !== undefined && isUncertain(response) && performance.now() < state.retryUntil && !state.abandoned.aborted) {
    await pause(THINK_MS * (0.5 + Math.random()), state.abandoned);
    response = await post();
  }
  if (response.outcome !== 201) return;
  const id = idOf(response) ?? Number.NaN;
  creation.ids.add(id);
  state.writeLog.descriptions.set(id, { acknowledged: null, uncertain: undefined });
  user.tasks.push(id);
  if (key === undefined || Math.random() > REPEATED_SHARE) return;
  await pause(THINK_MS * (0.5 + Math.random()), state.stopping);
  const repeated = await post(true);
  if (repeated.outcome === 201) creation.ids.add(idOf(repeated) ?? Number.NaN);
}

async function update(user: User, state: LoadState, task: number): Promise<void> {
  const description = state.writeLog.descriptions.get(task);
  // The pending update may take effect late and overwrite later ones.
  if (description === undefined || description.uncertain !== undefined) return;
  const changed = `changed ${randomUUID()}`;
  description.uncertain = changed;
  const json = { description: changed };
  const response = await send(user, state, { method: 'PUT', path: `${TASKS}/${task}`, template: `${TASKS}/{id}`, json });
  if (!isSuccess(response)) return;
  description.acknowledged = changed;
  description.uncertain = undefined;
}

async function send(
  user: User,
  { port, agent, requests, abandoned }: LoadState,
  options: Omit<TimedRequestOptions, 'port' | 'agent' | 'token'>,
): Promise<TimedResponse> {
  const response = await sendTimed({ port, agent, token: user.token, ...options });
  if (!abandoned.aborted) requests.push(withoutBody(response));
  return response;
}

/** Whether a client cannot know if the creation took effect, and should retry it with its key. */
function isUncertain({ outcome }: TimedResponse): boolean {
  return outcome === 503 || typeof outcome === 'string';
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

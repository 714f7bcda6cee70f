import { randomBytes, randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import jwt from 'jsonwebtoken';
import { exchange, isSuccess, type Answer, type Exchange, type Sending } from './timed-request.ts';
import type { Creation, Ledger } from './write-log.ts';

const TASKS = '/api/v1/tasks';
const USERS = 100;
/** Between two requests of a user: about 200 requests a second in all, which two cores carry beside everything else. */
const THINK_MS = 500;
/** How long after the load's end a creation with a key is still repeated. */
const SETTLING_MS = 15_000;
const KEYED_SHARE = 1 / 3;
/** Of the acknowledged creations with a key: those sent once more, as by a client that has lost the answer. */
const REPEATED_SHARE = 1 / 4;

/** 100 users, each with tasks of its own, each sending its next request when the last is answered. */
export type Load = {
  readonly users: readonly string[];
  readonly exchanges: readonly Exchange[];
  readonly ledger: Ledger;
  /** Begins nothing new and resolves when all is answered, and what has a key acknowledged (15 s at most). */
  stop(): Promise<void>;
  /** Drops everything at once. */
  abandon(): Promise<void>;
};

type User = {
  readonly id: string;
  readonly token: string;
  readonly tasks: number[];
};

type World = {
  readonly port: number;
  readonly agent: Agent;
  /** Aborts when users are to begin nothing new. */
  readonly stopping: AbortSignal;
  /** Aborts when nothing counts any more. */
  readonly abandoned: AbortSignal;
  readonly ledger: Ledger;
  readonly exchanges: Exchange[];
  /** The moment after which nothing is repeated. */
  repeatUntil: number;
};

/** @param port of the service on 127.0.0.1 */
export function startLoad(port: number, jwtSecret: string): Load {
  const stopping = new AbortController();
  const abandoned = new AbortController();
  const agent = new Agent({ keepAlive: true });
  const ledger: Ledger = { creations: [], contents: new Map() };
  const signals = { stopping: stopping.signal, abandoned: abandoned.signal };
  const world: World = { port, agent, ...signals, ledger, exchanges: [], repeatUntil: Number.POSITIVE_INFINITY };
  const users = Array.from({ length: USERS }, () => createUser(jwtSecret));
  const lives = Promise.all(users.map((user) => live(user, world)));

  async function finish(): Promise<void> {
    await lives;
    agent.destroy();
  }
  return {
    users: users.map(({ id }) => id),
    exchanges: world.exchanges,
    ledger,
    stop: async () => {
      world.repeatUntil = performance.now() + SETTLING_MS;
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

/** A token as the app would make it, good for longer than any scenario. */
export function mintToken(userId: string, jwtSecret: string): string {
  return jwt.sign({ sub: userId }, jwtSecret, { algorithm: 'HS256', expiresIn: '1h' });
}

function createUser(jwtSecret: string): User {
  const id = randomBytes(16).toString('hex');
  return { id, token: mintToken(id, jwtSecret), tasks: [] };
}

async function live(user: User, world: World): Promise<void> {
  await pause(THINK_MS * Math.random(), world.stopping);
  while (!world.stopping.aborted) {
    await act(user, world);
    await pause(THINK_MS * (0.5 + Math.random()), world.stopping);
  }
}

async function act(user: User, world: World): Promise<unknown> {
  const dice = Math.random();
  const task = user.tasks[Math.floor(Math.random() * user.tasks.length)];
  if (dice < 0.4 || task === undefined) return create(user, world);
  if (dice < 0.6) return send(user, world, { method: 'GET', path: `${TASKS}?per_page=5`, kind: TASKS });
  if (dice < 0.8) return send(user, world, { method: 'GET', path: `${TASKS}/${task}`, kind: `${TASKS}/{id}` });
  return update(user, world, task);
}

async function create(user: User, world: World): Promise<void> {
  const key = Math.random() < KEYED_SHARE ? randomUUID() : undefined;
  const creation: Creation = { userId: user.id, title: `task ${randomUUID()}`, key, ids: new Set() };
  world.ledger.creations.push(creation);
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  const ask = async (): Promise<Answer> => send(user, world, { method: 'POST', path: TASKS, headers, json: { title: creation.title } });

  let answer = await ask();
  while (key !== undefined && isUncertain(answer) && performance.now() < world.repeatUntil && !world.abandoned.aborted) {
    await pause(THINK_MS * (0.5 + Math.random()), world.abandoned);
    answer = await ask();
  }
  if (answer.outcome !== 201) return;
  const id = idOf(answer);
  creation.ids.add(id);
  world.ledger.contents.set(id, { acknowledged: null, uncertain: undefined });
  user.tasks.push(id);
  if (key === undefined || Math.random() > REPEATED_SHARE) return;
  const again = await ask();
  if (again.outcome === 201) creation.ids.add(idOf(again));
}

async function update(user: User, world: World, task: number): Promise<void> {
  const contents = world.ledger.contents.get(task);
  // One that may be carried out late makes every later one doubtful.
  if (contents === undefined || contents.uncertain !== undefined) return;
  const description = `changed ${randomUUID()}`;
  contents.uncertain = description;
  const answer = await send(user, world, { method: 'PUT', path: `${TASKS}/${task}`, kind: `${TASKS}/{id}`, json: { description } });
  if (!isSuccess(answer)) return;
  contents.acknowledged = description;
  contents.uncertain = undefined;
}

async function send(user: User, { port, agent, exchanges, abandoned }: World, sending: Omit<Sending, 'port' | 'agent' | 'token'>): Promise<Answer> {
  const answer = await exchange({ port, agent, token: user.token, ...sending });
  const { body: _, ...rest } = answer;
  if (!abandoned.aborted) exchanges.push(rest);
  return answer;
}

/** Whether a client cannot know if it was carried out, and is right to send it again with its key. */
function isUncertain({ outcome }: Answer): boolean {
  return outcome === 503 || typeof outcome === 'string';
}

function idOf({ body }: Answer): number {
  const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined;
  return typeof id === 'number' ? id : Number.NaN;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

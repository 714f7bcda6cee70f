import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCertificates } from '../../rehearsal/stand-ins/edge/certificates.ts';
import { startEdge, type Edge } from '../../rehearsal/stand-ins/edge/edge.ts';
import type { Ending } from '../../rehearsal/process/end-process.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { createSecret } from '../../rehearsal/process/credentials.ts';
import { startService, type ServiceProcess } from '../../rehearsal/process/service-process.ts';
import { exchange, isSuccess, type Answer, type Exchange } from '../load/timed-request.ts';
import { type Ground, serviceSettings } from '../trial/test-environment.ts';
import { compareWithLedger, type Ledger } from '../load/write-log.ts';
import { mintToken } from '../load/user-load.ts';
import type { Figures, Scenario } from '../trial/scenario.ts';
import { readTasks } from '../trial/sessions.ts';

const TASKS = '/api/v1/tasks';
const CONNECTIONS = 100;
const REQUESTS = 20_000;
/** Railway switches before it signals; other platforms signal before the switch has reached all of their edge. */
const RESTARTS = ['switch first', 'signal first', 'switch first', 'signal first'] as const;
const SWITCH_AFTER_SIGNAL_MS = 300;
const TOLD = 3;

type Restart = {
  readonly signalled: number;
  readonly ending: Ending;
};

export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  title: `${RESTARTS.length} replacements behind the edge, ${CONNECTIONS} connections`,
  run,
};

async function run(ground: Ground): Promise<Figures> {
  const { databaseUrl, directory, leash, signal } = ground;
  await using scope = new AsyncDisposableStack();
  await ground.postgres.start();
  const jwtSecret = createSecret();
  const environment = serviceSettings(ground, jwtSecret, { TRUST_PROXY: '2' });
  const logFiles: string[] = [];
  async function startOne(): Promise<ServiceProcess> {
    const logFile = path.join(directory, `rolling-restart-${logFiles.length}.log`);
    logFiles.push(logFile);
    const service = await startService({ repository, environment, logFile, leash });
    scope.defer(async () => void (await service.stop()));
    return service;
  }

  let current = await startOne();
  const certificates = await createCertificates(directory);
  const edge = await startEdge({ ...certificates, servicePort: current.port });
  scope.defer(() => edge.close());
  signal.throwIfAborted();
  const load = startLoad(edge.port, await readFile(certificates.authorityFile), jwtSecret);
  scope.defer(() => load.abandon());

  const restarts: Restart[] = [];
  for (const [index, order] of RESTARTS.entries()) {
    await load.reached(((index + 1) * REQUESTS) / (RESTARTS.length + 1), signal);
    const replacement = await startOne();
    restarts.push(await replace(edge, current, replacement, order));
    current = replacement;
  }
  await load.reached(REQUESTS, signal);
  const last = await current.stop();

  const endings = [...restarts.map(({ ending }) => ending), last];
  const logs = await Promise.all(logFiles.map((file) => readFile(file, 'utf8')));
  return judge({ ...load, restarts, endings, logs, rows: await readTasks(databaseUrl, load.users) });
}

async function replace(edge: Edge, old: ServiceProcess, replacement: ServiceProcess, order: (typeof RESTARTS)[number]): Promise<Restart> {
  if (order === 'switch first') edge.forwardTo(replacement.port);
  const signalled = performance.now();
  const stopping = old.stop();
  if (order === 'signal first') {
    await sleep(SWITCH_AFTER_SIGNAL_MS);
    edge.forwardTo(replacement.port);
  }
  return { signalled, ending: await stopping };
}

type Load = {
  readonly users: readonly string[];
  readonly exchanges: readonly Exchange[];
  readonly ledger: Ledger;
  /** Resolves when so many requests are answered. */
  reached(count: number, signal: AbortSignal): Promise<void>;
  abandon(): Promise<void>;
};

/** Each connection sends its next request as soon as the last is answered: one in ten creates a task. */
function startLoad(port: number, ca: Buffer, jwtSecret: string): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ca });
  const users = Array.from({ length: CONNECTIONS }, () => randomBytes(16).toString('hex'));
  const exchanges: Exchange[] = [];
  const ledger: Ledger = { creations: [], contents: new Map() };
  let sent = 0;

  async function act(userId: string, token: string): Promise<Answer> {
    if (sent % 10 !== 0) return exchange({ port, agent, method: 'GET', path: `${TASKS}?per_page=5`, kind: TASKS, token });
    const title = `task ${randomUUID()}`;
    const creation = { userId, title, key: undefined, ids: new Set<number>() };
    ledger.creations.push(creation);
    const answer = await exchange({ port, agent, method: 'POST', path: TASKS, token, json: { title } });
    const { body } = answer;
    if (typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'number') creation.ids.add(body.id);
    return answer;
  }
  async function live(userId: string): Promise<void> {
    const token = mintToken(userId, jwtSecret);
    while (sent < REQUESTS) {
      sent += 1;
      const { body: _, ...rest } = await act(userId, token);
      exchanges.push(rest);
    }
  }
  const lives = Promise.all(users.map(live));

  return {
    users,
    exchanges,
    ledger,
    reached: async (count, signal) => {
      while (exchanges.length < count) await sleep(20, undefined, { signal });
    },
    abandon: async () => {
      sent = REQUESTS;
      agent.destroy();
      await lives;
    },
  };
}

type Observations = Pick<Load, 'exchanges' | 'ledger'> & {
  readonly restarts: readonly Restart[];
  readonly endings: readonly Ending[];
  /** One for each process, in their order. */
  readonly logs: readonly string[];
  readonly rows: Parameters<typeof compareWithLedger>[1];
};

function judge({ exchanges, ledger, restarts, endings, logs, rows }: Observations): Figures {
  const failed = exchanges.filter((one) => !isSuccess(one));
  const { lost, doubled, foreign } = compareWithLedger(ledger, rows);
  const recoveries = restarts.map(({ signalled }) =>
    Math.min(...exchanges.filter((one) => one.began >= signalled && isSuccess(one)).map(({ ended }) => ended - signalled)),
  );
  const served = logs.map((log) => log.split('\n').filter((line) => line.includes('"msg":"request"') && line.includes('"user_id":"')));
  const whileStopping = logs.map((log) => log.slice(log.indexOf('"msg":"stopping"')).match(/"msg":"request"/g)?.length ?? 0);
  const answers = served.flat().length;
  return {
    requests: exchanges.length,
    succeeded: exchanges.length - failed.length,
    unavailable: failed.filter(({ outcome }) => outcome === 503).length,
    other: failed.filter(({ outcome }) => outcome !== 503).length,
    slowestMs: Math.max(...exchanges.map(({ began, ended }) => ended - began)),
    acknowledged: exchanges.filter(({ outcome }) => outcome === 201).length,
    lost: lost.length,
    doubled: doubled.length,
    recoveryMs: Math.max(...recoveries),
    healthWrong: 0,
    breaches: [
      ...tell(
        'requests failed',
        failed.map(({ what, outcome, ended }) => `${what}: ${outcome} ${placeOf(ended, restarts)}`),
      ),
      ...tell(
        'processes did not end with 0',
        endings.filter(({ code }) => code !== 0).map(({ code, signal }) => signal ?? `exit code ${code}`),
      ),
      ...tell('acknowledged writes are lost', lost),
      ...tell('rows are too many', [...doubled, ...foreign]),
      ...tell(
        'lines tell of errors',
        logs.flatMap((log) => log.split('\n').filter((line) => /^\{"level":"(warn|error|fatal)"/.test(line))),
      ),
      ...(answers === exchanges.length ? [] : [`${exchanges.length} requests were sent and ${answers} are in the logs`]),
      // Without these the others would hold for want of anything to break them.
      ...(served.every((lines) => lines.length > 0) ? [] : ['not seen, so nothing is proven: every process served requests']),
      ...(whileStopping.slice(0, -1).some((count) => count > 0)
        ? []
        : ['not seen, so nothing is proven: a replaced process answered while it stopped']),
    ],
  };
}

function placeOf(moment: number, restarts: readonly Restart[]): string {
  const index = restarts.findLastIndex(({ signalled }) => signalled <= moment);
  const restart = restarts[index];
  return restart === undefined ? 'before the first signal' : `${((moment - restart.signalled) / 1000).toFixed(1)} s after signal ${index + 1}`;
}

function tell(what: string, cases: readonly string[]): string[] {
  if (cases.length === 0) return [];
  return [`${cases.length} ${what} (${cases.slice(0, TOLD).join('; ')}${cases.length > TOLD ? '; …' : ''})`];
}

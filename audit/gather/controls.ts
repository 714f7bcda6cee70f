import { setTimeout as sleep } from 'node:timers/promises';
import { MARKER } from '../model/marker.ts';
import type { Exchange } from '../model/exchange.ts';
import { isBroken } from '../model/response.ts';
import type { PlannedRequest } from './write-rule.ts';

/** Shows whether the target survived a request that got no response or a server error. */
export type Controls = {
  /** Why the request is not sent: one like it has stopped the target, or the target does not respond any more. */
  objectionTo(request: PlannedRequest): string | undefined;
  /** Must be called with each exchange of the run. Resolves when the target was requested again, where that is necessary. */
  after(exchange: Exchange, request: PlannedRequest): Promise<void>;
};

/** Sends a harmless read, which refers to the requests before it, or to the control that it repeats. */
type SendControl = (purpose: string, refersTo: { controlOf: readonly string[]; retryOf?: string }) => Promise<Exchange>;

/** Requests that were in flight at the same time fail within this time of each other, and share a control. */
const SAME_FAILURE_MS = 200;
/** A platform restarts a process within seconds. */
const AGAIN_MS = 3_000;
const MOST_CONTROLS = 20;

/** @param controlPath of the controls: before it has worked once, that it does not respond shows nothing */
export function createControls(send: SendControl, controlPath: string): Controls {
  const stopping = new Set<string>();
  let count = 0;
  let hasWorked = false;
  let isDown = false;
  let current: { ids: string[]; requests: PlannedRequest[]; done: Promise<void> } | undefined;

  async function control(ids: readonly string[], requests: readonly PlannedRequest[]): Promise<void> {
    await sleep(SAME_FAILURE_MS);
    current = undefined;
    const first = await send('whether the API still responds', { controlOf: ids });
    if (!isBroken(first)) return;
    for (const request of requests) if (requests.length === 1 || couldStop(request)) stopping.add(kindOf(request));
    await sleep(AGAIN_MS);
    isDown = isBroken(await send('whether the API responds again', { controlOf: ids, retryOf: first.id }));
  }

  return {
    objectionTo(request) {
      if (isDown) return 'the API has stopped responding';
      return stopping.has(kindOf(request)) ? 'a request like this one has stopped the API' : undefined;
    },
    async after(exchange, request) {
      const broke = isBroken(exchange);
      hasWorked ||= !broke && request.method === 'GET' && request.path === controlPath;
      if (!broke || !hasWorked || isDown) return;
      if (current === undefined) {
        if (count >= MOST_CONTROLS) return;
        count += 1;
        const [ids, requests]: [string[], PlannedRequest[]] = [[], []];
        current = { ids, requests, done: control(ids, requests) };
      }
      current.ids.push(exchange.id);
      current.requests.push(request);
      await current.done;
    },
  };
}

/** Of several requests in flight one has stopped the API: plain reads are the least likely, and the audit needs them. */
function couldStop({ method, path, body }: PlannedRequest): boolean {
  return method !== 'GET' || body !== undefined || path.includes('?');
}

/** The same for requests that differ in ids and in the random text of the audit only. */
function kindOf({ method, path, headers = [], body = '' }: PlannedRequest): string {
  const names = headers.filter(([name]) => name !== 'Authorization').map(([name, value]) => `${name}: ${value}`);
  const segments = path.split('/').map((segment) => (/^[^?]*\d/.test(segment) ? segment.replace(/^[^?]*/, '*') : segment));
  return [method, segments.join('/'), ...names, body].join('\n').replaceAll(new RegExp(`${MARKER}[0-9a-f]+`, 'g'), MARKER);
}

import type { Contract } from '../../contract/contract.ts';
import { operationAt } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import { parseJson } from '../../model/json.ts';
import { described, isBroken, requestLine, statusOf } from '../../model/response.ts';
import { conclude, type Observation, observeDoubt, observeFailure, observePass, STOPPED, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';

/** Of the requests that were in flight at the same time. */
const MOST_SHOWN = 5;
/** Headers that every API must understand. */
const USUAL_HEADERS = ['authorization', 'content-type', 'origin'];

type OfContract = Pick<Contract, 'operations' | 'permits' | 'requestHeaders'>;

/**
 * The API responds after each request that got no response or a server error, and returns no 500 to a request that the contract allows.
 * @param created paths of the objects that this run created
 */
export function judgeSurvival(responses: readonly Exchange[], created: ReadonlySet<string>, contract: OfContract): Verdict {
  const byId = new Map(responses.map((exchange) => [exchange.id, exchange]));
  const controls = responses.filter(({ controlOf, retryOf }) => controlOf !== undefined && retryOf === undefined);
  const served = responses.filter(({ response }) => response !== undefined && response.status < 500);
  const again = new Map(responses.flatMap((exchange) => (exchange.retryOf === undefined ? [] : [[exchange.retryOf, exchange] as const])));
  const observations = controls.map((control) => {
    const before = control.controlOf?.flatMap((id) => byId.get(id) ?? []) ?? [];
    return afterRequests(before, control, again.get(control.id), served);
  });
  const failed = responses
    .filter(({ controlOf, response }) => controlOf === undefined && response?.status === 500)
    .filter((exchange) => isAllowed(exchange, created, contract));
  observations.push(
    ...failed.map((exchange) =>
      observeFailure('allowed-request-fails', `${described(exchange)}: returned 500, although the contract allows the request`, exchange),
    ),
  );
  return conclude(
    [...observations, ...served.slice(-1).map((exchange) => observePass('responds', exchange))],
    `No request stopped the API, and none that the contract allows got a 500${controls.length === 0 ? '' : `. It responded after each of ${counted(controls.length, 'failure')}`}.`,
  );
}

/** What a read of health shows about the requests before it. */
function afterRequests(before: readonly Exchange[], control: Exchange, again: Exchange | undefined, served: readonly Exchange[]): Observation {
  const shown = before.slice(0, MOST_SHOWN);
  const evidence = [...shown, control, ...(again ? [again] : [])];
  const what = before.length === 1 && shown[0] ? described(shown[0]) : `one of ${before.length} requests (${shown.map(requestLine).join(', ')})`;
  const got = `${requestLine(control)} afterwards: ${statusOf(control)}`;
  if (!isBroken(control))
    return (control.response?.status ?? 503) < 500
      ? observePass('responds', ...evidence)
      : observeDoubt('not-determined', `After ${what} it is unknown whether the API works. ${got}`, ...evidence);
  const start = Math.min(...before.map(({ at }) => at));
  const hadWorked = served.some(({ at, request }) => at < start && request.method === 'GET' && request.url === control.request.url);
  if (!hadWorked) return observeDoubt('not-determined', `Whether the API worked before ${what} is unknown. ${got}`, ...evidence);
  const since =
    again === undefined || isBroken(again) ? 'and three seconds later it did not respond either' : 'three seconds later it responded again';
  return observeFailure(STOPPED, `The API stopped responding after ${what}. ${got}; ${since}`, ...evidence);
}

/** Whether the contract documents the operation and allows the parameters and the body, on an object that exists. */
function isAllowed({ actor, request, step }: Exchange, created: ReadonlySet<string>, { operations, permits, requestHeaders }: OfContract): boolean {
  const { method, url, headers, body } = request;
  const { pathname, searchParams } = new URL(url);
  const operation = operationAt(operations, method, pathname);
  if (operation === undefined || step !== undefined || (operation.protected && actor === 'anonymous')) return false;
  const names = headers.map(([name]) => name.toLowerCase());
  if (new Set(names).size < names.length || names.some((name) => ![...USUAL_HEADERS, ...requestHeaders].includes(name))) return false;
  const isOnObject = !operation.path.includes('{') || [...created].some((path) => pathname === path || pathname.startsWith(`${path}/`));
  const hasGoodQuery = [...new Set(searchParams.keys())].every((name) => permits.query(operation, name, ...searchParams.getAll(name)));
  const isJson = headers.some(([name, value]) => name.toLowerCase() === 'content-type' && value === 'application/json');
  const content = parseJson(body);
  const hasGoodBody = operation.sample === undefined ? body === undefined : isJson && content !== undefined && permits.body(operation, content);
  return isOnObject && hasGoodQuery && hasGoodBody;
}

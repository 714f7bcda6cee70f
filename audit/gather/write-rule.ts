import { withCallerOf } from '../contract/caller-path.ts';
import { type Contract, placeOf } from '../contract/contract.ts';
import { type Operation, operationAt, type Resource, pathOfItem } from '../contract/operations.ts';
import type { Actor } from '../model/exchange.ts';
import { parseJson } from '../model/json.ts';
import { MARKER } from '../model/marker.ts';
import { idOf } from './object-ids.ts';

/** The parts of a request that determine whether it may be sent. */
export type PlannedRequest = {
  method: string;
  /** Path and query as they will be sent. */
  path: string;
  headers?: readonly (readonly [string, string])[];
  body?: string;
};

/**
 * The audit's rule on writes, enforced by the HTTP client and the browser drivers for every request, with and without credentials: a
 * write is a documented creation in a private collection, its path names an object that this run created, or the config names its
 * operation safe. Operations that are left out are not sent at all. Everything else that could change the target is tried by preflight only.
 */
export type WriteRule = {
  /** Why the request must not be sent; undefined where it may. */
  objectionTo(request: PlannedRequest): string | undefined;
  /** Must be called before each request is sent. @throws {Error} for a request that must not be sent */
  admit(request: PlannedRequest): void;
  /** Must be called with each response: the object of a creation belongs to this run afterwards. */
  record(request: PlannedRequest, actor: Actor, response: { status: number; body: string } | undefined): void;
  /** For objects in the caller's own list with the marker, and those in the journal of an earlier run. */
  adopt(resource: Resource, id: string): void;
};

/** Called before a creation is sent, and with the created object. */
export type WriteJournal = { beforeCreation(): void; created(resource: Resource, id: string, actor: Actor): void };

/** Safe in the sense of RFC 9110 section 9.2.1; those of WebDAV are in the IANA method registry. */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY'];
/** Frameworks that honor one of these headers execute another method than the one sent. */
const METHOD_OVERRIDE = /^x-(http-)?method(-override)?$/i;
/** Proxies and frameworks that honor one of these headers serve another path than the one sent. */
const PATH_OVERRIDE = /^x-(original|rewrite)-ur[il]$/i;

/** @param known paths of objects that earlier workers of this run created */
export function createWriteRule(
  contract: Pick<Contract, 'operations' | 'leftOut' | 'resources' | 'permits'>,
  known: Iterable<string>,
  journal: WriteJournal,
): WriteRule {
  const { resources, permits } = contract;
  const objects = new Set(known);
  const reasons = new Map(contract.leftOut.map(({ operation, reason }) => [operation.id, reason]));

  function creationOf(request: PlannedRequest): Resource | undefined {
    if (unsafeMethods(request).some((method) => method !== 'POST')) return undefined;
    const places = placesOf(request);
    return resources.find(({ create }) => places.every((place) => sameCollection(place, create.path)));
  }

  const executedAt = (method: string, place: string): Operation | undefined => operationAt(contract.operations, method, place, 'i');

  /** Outside of every collection, and not left out because the config names it. */
  function isNamedSafe(operation: Operation | undefined): boolean {
    const place = operation && placeOf(contract, operation);
    return place !== undefined && place.resource === undefined;
  }

  const namesObject = (place: string): boolean =>
    [place, ...resources.map(({ read }) => withCallerOf(place, read.path))].some((each) => pathsAbove(each).some((path) => objects.has(path)));

  function objectionTo(request: PlannedRequest): string | undefined {
    const what = `${request.method} ${request.path.replace(/\?.*/s, '')}`;
    const places = placesOf(request);
    const writes = unsafeMethods(request);
    const methods = [...writes, request.method === 'HEAD' ? 'GET' : request.method];
    const executed = places.flatMap((place) => methods.map((method) => executedAt(method, place)));
    const reason = executed.map((operation) => reasons.get(operation?.id ?? '')).find((each) => each !== undefined);
    if (reason !== undefined) return `${what} ${reason}`;
    if (writes.length === 0 || places.every(namesObject)) return undefined;
    if (places.every((place) => writes.every((method) => isNamedSafe(executedAt(method, place))))) return undefined;
    const resource = creationOf(request);
    if (resource === undefined) return `${what} is neither a documented creation nor aimed at an object of this run`;
    const isMarked = request.body?.includes(MARKER) === true;
    const couldCreate = !isMarked && permits.body(resource.create, parseJson(request.body));
    return couldCreate ? `${what} would create an object without the audit's marker` : undefined;
  }

  return {
    objectionTo,
    admit(request) {
      const objection = objectionTo(request);
      if (objection !== undefined) throw new Error(`The audit does not send this request: ${objection}.`);
      if (unsafeMethods(request).length > 0 && creationOf(request) !== undefined) journal.beforeCreation();
    },
    record(request, actor, response) {
      if (response === undefined || response.status < 200 || response.status > 299 || unsafeMethods(request).length === 0) return;
      const resource = creationOf(request);
      const id = resource === undefined ? '' : idOf(response.body, resource.idProperty);
      if (resource === undefined || id === '') return;
      objects.add(pathOfItem(resource.read, id));
      journal.created(resource, id, actor);
    },
    adopt: (resource, id) => void objects.add(pathOfItem(resource.read, id)),
  };
}

/** Whether the path is that of the collection; frameworks ignore case and a trailing slash. */
export function sameCollection(pathname: string, collection: string): boolean {
  return withoutSlash(withCallerOf(pathname, collection)) === withoutSlash(collection);
}

/** The path, and each path above it. */
function pathsAbove(path: string): string[] {
  const segments = path.split('/');
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

function withoutSlash(path: string): string {
  return path.toLowerCase().replace(/\/$/, '');
}

/** Every unsafe method that the target could execute for this request. */
function unsafeMethods({ method, path, headers = [], body }: PlannedRequest): string[] {
  const inHeaders = headers.filter(([name]) => METHOD_OVERRIDE.test(name)).map(([, value]) => value);
  const inQuery = urlOf(path)?.searchParams.getAll('_method') ?? [];
  const inBody = [...(body ?? '').matchAll(/(?:^|[&"])_method["=: ]+(\w+)/g)].map(([, value = '']) => value);
  return [method, ...inHeaders, ...inQuery, ...inBody].map((each) => each.trim().toUpperCase()).filter((each) => !SAFE_METHODS.includes(each));
}

/** Every path that the target could serve for this request: as sent, with dot segments resolved, and as overridden. */
function placesOf({ path, headers = [] }: PlannedRequest): string[] {
  const overrides = headers.filter(([name]) => PATH_OVERRIDE.test(name)).map(([, value]) => value);
  return [path, ...overrides].flatMap((each) => [each.replace(/[?#].*/s, ''), urlOf(each)?.pathname ?? '']);
}

function urlOf(path: string): URL | null {
  return URL.parse(path.startsWith('/') ? `https://api.invalid${path}` : path);
}

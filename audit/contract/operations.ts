export type Operation = {
  id: string;
  method: string;
  /** Template, such as /api/v1/tasks/{id}. */
  path: string;
  protected: boolean;
  /** A valid request body. */
  sample: unknown;
  success: number;
  /** Every documented status. */
  statuses: readonly number[];
  /** The parameter of the path that stands for the caller, such as {user_id}. */
  caller?: string;
};

/** A collection of private objects, on which isolation is checked. */
export type Resource = {
  /** The name of its objects, such as tasks. */
  name: string;
  list: Operation;
  create: Operation;
  read: Operation;
  /** Every operation below an object's path, `read` included. */
  onItem: readonly Operation[];
  /** Property of an object with the id in its path. */
  idProperty: string;
  /** Property of an object that names its owner, or a common name for it. */
  ownerProperty: string;
  /** A valid id that no object has. */
  unknownId: string;
  /** Path of the objects in the list response, such as data.tasks: undefined where the response is the array itself, * where it is not documented. */
  listProperty: string | undefined;
  /** Path of the property of the list response that counts them, if there is one. */
  totalProperty: string | undefined;
  /** Required text property of an object, which contains the canary. */
  textProperty: string;
  /** All properties for free text. The canary is in each, so a search in any of them finds it. */
  textProperties: readonly string[];
  /** Properties of new objects for filters: one entry for each value of each enumerated property. */
  variants: readonly Readonly<Record<string, unknown>>[];
  /** Every documented query of the list: each value of each enumerated filter, and a second page. */
  queries: readonly string[];
  /** Properties of a new object, and parameters of its list, that take ids of another collection. */
  references: readonly Reference[];
  /** Other protected reads below the collection's path that need no id, such as suggestions, with their text parameters. */
  lookups: readonly { operation: Operation; parameters: readonly string[] }[];
  /** Query parameters of the list by what they do. */
  pageSize: { name: string; most: number } | undefined;
  /** With the value for the second page of one object. */
  pageStart: { name: string; second: number } | undefined;
  search: string | undefined;
};

export type Reference = { property: string; isList: boolean; parameters: readonly string[]; to: string };

/**
 * The documented operation of a method and a path without query: of several the one with the fewest parameters (OpenAPI, Paths Object).
 * @param flags of the comparison: `i` for frameworks that ignore case and a trailing slash
 */
export function operationAt(operations: readonly Operation[], method: string, path: string, flags: '' | 'i' = ''): Operation | undefined {
  return operations
    .filter((operation) => operation.method === method && patternOf(operation.path, flags).test(path))
    .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

function patternOf(path: string, flags: '' | 'i'): RegExp {
  const pattern = path
    .split(/\{[^}]*\}/)
    .map((text) => RegExp.escape(text))
    .join('[^/]+');
  return new RegExp(flags === 'i' ? `^${pattern.replace(/\\?\/$/, '')}/?$` : `^${pattern}$`, flags);
}

/** The status with which the operation rejects a request: the first fitting one that the contract documents, otherwise the first. */
export function rejectionOf({ statuses }: Operation, ...fitting: readonly [number, ...number[]]): number {
  return fitting.find((status) => statuses.includes(status)) ?? fitting[0];
}

/** Where the path names the caller, the HTTP client and the browsers fill that in. */
export function pathOfItem({ path, caller }: Operation, id: string): string {
  const parameter = path.match(/\{[^}]+\}/g)?.find((each) => each !== caller);
  return parameter === undefined ? path : path.replace(parameter, encodeURIComponent(id));
}

/** Some frameworks have the collection with a trailing slash. */
export function withoutSlash(path: string): string {
  return path.replace(/\/$/, '');
}

/** The documented status of a success: that of the response, where a range or several are documented, otherwise the first. */
export function successOf({ success, statuses }: Pick<Operation, 'success' | 'statuses'>, status = 0): number {
  const documented = statuses.filter(isSuccess);
  return isSuccess(status) && (documented.length === 0 || documented.includes(status)) ? status : success;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** An operation that changes an object; undefined where the contract has none. */
export function updateOf({ onItem }: Resource): Operation | undefined {
  return onItem.find(({ method, sample }) => method !== 'DELETE' && sample !== undefined);
}

/** The deletion of an object; undefined where the contract has none. */
export function deletionOf({ onItem, read }: Pick<Resource, 'onItem' | 'read'>): Operation | undefined {
  return onItem.find(({ method, path }) => method === 'DELETE' && path === read.path);
}

/** Every operation of a collection. */
export function operationsOf({ list, create, onItem, lookups }: Pick<Resource, 'list' | 'create' | 'onItem' | 'lookups'>): Operation[] {
  return [list, create, ...onItem, ...lookups.map(({ operation }) => operation)];
}

/** A path that needs a token: a list where there is one. Undefined where no operation is protected. */
export function privatePath({
  operations,
  resources,
}: {
  operations: readonly Operation[];
  resources: readonly Pick<Resource, 'list'>[];
}): string | undefined {
  return (
    resources[0]?.list ?? operations.find(({ method, path: at, protected: isProtected }) => isProtected && method === 'GET' && !at.includes('{'))
  )?.path;
}

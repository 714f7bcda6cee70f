
export type Operation = {
  id: string;
  method: string;
  /** Template, such as /api/v1/tasks/{id}. */
  path: string;
  protected: boolean;
  /** A request body the contract calls valid. */
  sample: unknown;
  success: number;
  /** Every status it may answer. */
  statuses: readonly number[];
};

/** A collection of private objects: what isolation is shown on. */
export type Resource = {
  /** What its objects are called, such as tasks. */
  name: string;
  list: Operation;
  create: Operation;
  read: Operation;
  /** Every operation below an object's path, `read` included. */
  onItem: readonly Operation[];
  /** Property of an object that its path takes. */
  idProperty: string;
  /** Property of an object that names its owner, or what it would be called. */
  ownerProperty: string;
  /** A valid id that no object has. */
  unknownId: string;
  /** Property of the list's answer that holds the objects; undefined when the answer is the array itself. */
  listProperty: string | undefined;
  /** Property of the list's answer that counts them, if there is one. */
  totalProperty: string | undefined;
  /** Required text property of an object: it carries the canary. */
  textProperty: string;
  /** All properties that take free text: the canary stands in each, so that a search finds it wherever it looks. */
  textProperties: readonly string[];
  /** Fields of objects that differ where a filter could tell: one entry for each value of each closed property. */
  variants: readonly Readonly<Record<string, unknown>>[];
  /** Queries that ask the list in every documented way: each value of each closed filter, and a second page. */
  queries: readonly string[];
  /** Properties of a new object, and parameters of its list, that take ids of another collection. */
  references: readonly Reference[];
  /** Other protected reads below the collection's path that need no id, such as suggestions, with their text parameters. */
  lookups: readonly { operation: Operation; parameters: readonly string[] }[];
  /** Query parameters of the list by what they do. */
  pageSize: { name: string; most: number } | undefined;
  /** With the value that asks for the second page of one object. */
  pageStart: { name: string; second: number } | undefined;
  search: string | undefined;
};

export type Reference = { property: string; isList: boolean; parameters: readonly string[]; to: string };

/**
 * The status with which the operation refuses something: the first of those that say it which the contract has. Where it
 * has none, the first is the one to ask for.
 */
export function refusalOf({ statuses }: Operation, ...fitting: readonly [number, ...number[]]): number {
  return fitting.find((status) => statuses.includes(status)) ?? fitting[0];
}

export function pathOfItem(operation: Operation, id: string): string {
  return operation.path.replace(/\{[^}]+\}/, encodeURIComponent(id));
}

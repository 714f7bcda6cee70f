import { type Operation, privatePath } from './operations.ts';
import { type Json, list as listOf, propertiesOf, responseSchema } from './openapi-document.ts';

export type Health = {
  path: string;
  /** Every property of its response with the allowed values; an empty list where any value is allowed. */
  properties: Readonly<Record<string, readonly string[]>>;
  /** Property with the time of the response. */
  time: string | undefined;
};

/**
 * The endpoints for health and for liveness; each is undefined where the contract has none that any caller may request.
 * @param given the path of health in the config file, which the contract need not document
 */
export function findHealth(
  document: Json,
  operations: readonly Operation[],
  given: string | undefined,
): { health: Health | undefined; liveness: Health | undefined } {
  const open = operations.filter((operation) => operation.method === 'GET' && !operation.protected && !operation.path.includes('{'));
  const alive = open.filter(({ path: at }) => /live|ping/i.test(at));
  const healthy = open.filter(({ path: at }) => /health|ready|status/i.test(at));
  const documented = healthy.find((operation) => !alive.includes(operation)) ?? healthy[0];
  const health = given === undefined ? documented : operations.find(({ method, path }) => method === 'GET' && path === given);
  const liveness = alive.find((operation) => operation !== health);
  const undocumented = given === undefined ? undefined : { path: given, properties: {}, time: undefined };
  return { health: health ? readHealth(document, health) : undocumented, liveness: liveness && readHealth(document, liveness) };
}

/** A path for requests without credentials: health, which any caller may request, or a private list, which rejects them. */
export function openPath(contract: { health: Health | undefined } & Parameters<typeof privatePath>[0]): string {
  return contract.health?.path ?? privatePath(contract) ?? '/';
}

function readHealth(document: Json, operation: Operation): Health {
  const properties = propertiesOf(document, responseSchema(document, operation, operation.success));
  const values = properties.map(([name, { enum: choices, const: only }]) => [
    name,
    listOf(choices ?? (only === undefined ? [] : [only])).map(String),
  ]);
  const isTime = (name: string, { format = 'date-time' }: Json): boolean =>
    /^(timestamp|time|now|checked_?at)$/i.test(name) && format === 'date-time';
  return {
    path: operation.path,
    properties: Object.fromEntries(values) as Record<string, string[]>,
    time: properties.find(([name, property]) => isTime(name, property))?.[0],
  };
}

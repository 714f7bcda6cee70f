import { placeOf } from '../../contract/contract.ts';
import { type Json, parametersOf, type Place, sampleOf } from '../../contract/openapi-document.ts';
import { type Operation, operationsOf, pathOfItem } from '../../contract/operations.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Actor } from '../../model/exchange.ts';
import { record } from '../../model/json.ts';
import { takeTurns } from '../../model/matrix.ts';

/** A documented read that the audit can execute, or why it cannot. */
export type Read = { column: string; operation: Operation; actor: Actor } & ({ path: string } | { excluded: string });

/**
 * Every documented read of the collections that this evidence tries, of an own object in each of them, and of open routes.
 * @param actors take turns: each reads its own collections, because each has a limit
 */
export async function readsOf(context: GatherContext, document: Json, actors: readonly [Actor, ...Actor[]]): Promise<Read[]> {
  const { contract, objectsOf } = context;
  const collections = context.collections();
  const left = contract.resources.filter((resource) => !collections.includes(resource)).flatMap(operationsOf);
  const own = await Promise.all(
    collections.map(async (resource, index) => {
      const actor = takeTurns(actors, index);
      return { resource, actor, id: (await objectsOf(resource).tryToCreate(actor, 'an object to read')).id };
    }),
  );
  return contract.operations
    .filter((operation) => operation.method === 'GET' && !left.includes(operation))
    .map((operation, index): Read => {
      const column = `GET ${operation.path}`;
      const object = own.find(({ resource }) => operationsOf(resource).some(({ id }) => id === operation.id));
      const read = { column, operation, actor: object?.actor ?? takeTurns(actors, index) };
      if (placeOf(contract, operation) === undefined) return { ...read, excluded: 'the audit leaves the operation out' };
      const isOnItem = object?.resource.onItem.some(({ id }) => id === operation.id) === true;
      if (isOnItem && object.id !== '') return { ...read, path: pathOfItem(operation, object.id) };
      const isWithoutId = !operation.path.replace(operation.caller ?? '', '').includes('{');
      return isWithoutId
        ? { ...read, path: withRequired(document, operation) }
        : { ...read, excluded: 'its path names an object that the audit did not create' };
    });
}

/** The path with a value for each required parameter of its query. */
export function withRequired(document: Json, place: Place): string {
  const required = [...parametersOf(document, place)].filter(([, parameter]) => parameter['in'] === 'query' && parameter['required'] === true);
  const query = new URLSearchParams(required.map(([name, { schema }]) => [name, String(sampleOf(document, record(schema)))])).toString();
  return query === '' ? place.path : `${place.path}?${query}`;
}

/** The path with further parameters, which are sent as they are given. */
export function withQuery(path: string, parameters: readonly string[]): string {
  return parameters.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${parameters.join('&')}`;
}

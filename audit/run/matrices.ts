import { withCallerOf } from '../contract/caller-path.ts';
import type { Resource } from '../contract/operations.ts';
import type { Exchange } from '../model/exchange.ts';
import { statusOf } from '../model/response.ts';
import type { BrowserCorsEvidence } from '../checks/cors-browser/gather.ts';
import type { AttackedBy, AttackedObject } from '../checks/isolation/gather.ts';
import type { ListsEvidence } from '../checks/isolation/gather-lists.ts';
import type { ReferencesEvidence } from '../checks/isolation/gather-references.ts';
import type { CorsRow, IsolationRow } from './run.ts';

/** The evidence as rows of a table; judges decide whether it is right. */
export function corsRows({ allowed, unlisted }: Pick<BrowserCorsEvidence, 'allowed' | 'unlisted'>): CorsRow[] {
  return [allowed, ...unlisted].flatMap(({ kind, origin, fetches }) =>
    fetches.map((fetch) => ({
      kind,
      origin,
      method: fetch.request.method,
      purpose: fetch.purpose,
      ruling: fetch.read ? `readable, ${fetch.read.status}` : (fetch.blockedBecause ?? 'unreadable'),
    })),
  );
}

export type IsolationFound = {
  byId: readonly {
    collection: string;
    objects: readonly Pick<AttackedObject, 'ownerBefore' | 'ownerAfter'>[];
    operations: readonly Pick<AttackedBy, 'operation' | 'attempts' | 'unknown'>[];
  }[];
  lists: readonly Pick<ListsEvidence, 'ofA' | 'listA' | 'listB'>[];
  references: readonly Pick<ReferencesEvidence[number], 'name' | 'own' | 'attempts'>[];
};

/** Every collection: its operations on an object, its lists, and the writes that may refer to another tenant's object. */
export function isolationRows({ byId, lists, references }: IsolationFound, resources: readonly Resource[]): IsolationRow[] {
  return resources.flatMap((resource) => [
    ...byId
      .filter(({ collection }) => collection === resource.name)
      .flatMap(({ objects, operations }) =>
        operations.map(({ operation, attempts, unknown }) => ({
          collection: resource.name,
          operation: operation.id,
          method: operation.method,
          path: operation.path,
          foreign: distinct(attempts.map(({ exchange }) => statusOf(exchange))),
          unknown: unknown === undefined ? '' : statusOf(unknown),
          ownerAfter: distinct(
            objects.map(
              ({ ownerBefore, ownerAfter }) =>
                `${statusOf(ownerAfter)}, ${ownerAfter.response?.body === ownerBefore.response?.body ? 'unchanged' : 'changed'}`,
            ),
          ),
        })),
      ),
    ...lists
      .filter(({ listA }) => isAt(listA, resource.list.path))
      .map(({ ofA, listA, listB }) => ({
        collection: resource.name,
        operation: resource.list.id,
        method: resource.list.method,
        path: resource.list.path,
        foreign: `${statusOf(listB)}, ${shows(listB, ofA.text) ? 'shown' : 'not shown'}`,
        unknown: '',
        ownerAfter: `${statusOf(listA)}, ${shows(listA, ofA.text) ? 'shown' : 'not shown'}`,
      })),
    ...references
      .filter(({ own }) => isAt(own, resource.create.path))
      .flatMap(({ name, attempts }) =>
        attempts.map(({ foreign, unknown }) => ({
          collection: resource.name,
          operation: name,
          method: foreign.request.method,
          path: templateOf(resource, foreign),
          foreign: statusOf(foreign),
          unknown: statusOf(unknown),
          ownerAfter: '',
        })),
      ),
  ]);
}

/** The distinct observations of several objects. */
function distinct(seen: readonly string[]): string {
  return [...new Set(seen)].toSorted().join('; ');
}

function shows({ response }: Exchange, text: string): boolean {
  return response?.body.includes(text) === true;
}

function isAt({ request }: Exchange, path: string): boolean {
  return withCallerOf(new URL(request.url).pathname, path) === path;
}

/** The path of the contract, because ids differ from run to run. */
function templateOf({ create, onItem }: Resource, exchange: Exchange): string {
  if (isAt(exchange, create.path)) return create.path;
  return onItem.find(({ method }) => method === exchange.request.method)?.path ?? create.path;
}

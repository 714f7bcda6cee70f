import { type Operation, pathOfItem, type Resource } from '../../contract/operations.ts';
import { pathOfCaller } from '../../contract/caller-path.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { bodyOf, type Victim } from '../../gather/tenants.ts';
import type { Actor, Exchange } from '../../model/exchange.ts';
import { type Cell, takeTurns } from '../../model/matrix.ts';
import { type Documented, type Spelling, spellingClasses } from './spellings.ts';

/** The requests of another tenant, each with the same of the owner where it is a read. */
export type SpellingCell = Cell<{ attempts: readonly { foreign: Exchange; own?: Exchange }[] }>;

export type SpellingsEvidence = {
  cells: readonly SpellingCell[];
  /** For each operation the attacked object, and what its owner reads afterwards. */
  victims: readonly { column: string; victim: Victim; after: Exchange }[];
};

export const spellingsEvidence: Evidence<SpellingsEvidence> = {
  name: 'path-spellings',
  isMatrix: true,
  requests: [26, 70],
  area: 'exposure',
  gather: gatherSpellings,
};

/** Of each class on each operation. */
const SPELLINGS = 2;

/** `turn` counts the operations of its kind. */
type Column = { turn: number; name: string; operation: Operation; resource: Resource; victim: Victim; documented: Documented };

/** Every operation on an object of every collection, in other spellings, by another tenant. */
export async function gatherSpellings(context: GatherContext): Promise<SpellingsEvidence> {
  const places = context.collections().flatMap((resource) => resource.onItem.map((operation) => ({ operation, resource })));
  const [reads, writes] = [true, false].map((isRead) => places.filter(({ operation }) => (operation.method === 'GET') === isRead));
  const numbered = [...(reads ?? []).entries(), ...(writes ?? []).entries()];
  const found = await Promise.all(
    context.collections().map((resource) =>
      context.withOwnTenants(resource.name, () =>
        gatherIn(
          context,
          numbered.flatMap(([turn, place]) => (place.resource === resource ? [{ turn, ...place }] : [])),
        ),
      ),
    ),
  );
  return { cells: found.flatMap(({ cells }) => cells), victims: found.flatMap(({ victims }) => victims) };
}

type Numbered = Pick<Column, 'turn' | 'operation' | 'resource'>;

async function gatherIn(context: GatherContext, places: readonly Numbered[]): Promise<SpellingsEvidence> {
  const columns = await Promise.all(places.map((place) => createColumn(context, place)));
  const cells = await Promise.all(
    columns.flatMap((column) =>
      spellingClasses.map(async ({ name, isWhole = false, spell }): Promise<SpellingCell> => {
        const place = { row: name, column: column.name };
        return { ...place, ...(await attempt(context, column, { spellings: spell(column.documented), isWhole })) };
      }),
    ),
  );
  const victims = await Promise.all(
    columns.map(async ({ name, resource, victim }) => ({
      column: name,
      victim,
      after: await context.objectsOf(resource).read('tenant A', victim.id, 'the owner reads it after the other spellings'),
    })),
  );
  return { cells, victims };
}

async function createColumn(context: GatherContext, { turn, operation, resource }: Numbered): Promise<Column> {
  const { method, path } = operation;
  const victim = await context.objectsOf(resource).createVictim('tenant A', 'object for other spellings');
  const documented = resource.onItem.filter((each) => each.path === path).map((each) => each.method);
  const [first = 'MERGE', ...others] = ['PATCH', 'PUT', 'POST'].filter((each) => !documented.includes(each));
  // Also for the headers, in which the HTTP client fills in nothing. The object is that of A.
  const ofOwner = (at: string): string => pathOfCaller(at, () => context.credentials.subjectOf('tenant A'));
  return {
    turn,
    name: `${method} ${path}`,
    operation,
    resource,
    victim,
    documented: {
      method,
      path: ofOwner(pathOfItem(operation, victim.id)),
      collection: ofOwner(resource.list.path),
      undocumented: [first, ...others],
    },
  };
}

type Attempted = { attempts: readonly { foreign: Exchange; own?: Exchange }[] } | { excluded: string };

async function attempt(
  { credentials, http, writes }: GatherContext,
  { turn, operation, resource, documented }: Column,
  { spellings, isWhole }: { spellings: readonly [Spelling, ...Spelling[]]; isWhole: boolean },
): Promise<Attempted> {
  const { method, path } = documented;
  const isRead = method === 'GET';
  const { body } = bodyOf(operation, resource);
  const requests = spellings.map((spelling) => ({ method, path, ...spelling, ...(body !== undefined && { body: JSON.stringify(body) }) }));
  // A target that obeys a header could execute a write at the path that it names, or ignore it and execute it at the other one.
  const namesPath = ({ headers = [] }: Spelling): boolean => headers.some(([, value]) => value.startsWith('/'));
  const [first, ...others] = requests.filter((request) => (isRead || !namesPath(request)) && writes.objectionTo(request) === undefined);
  if (first === undefined) return { excluded: 'each such path or header could make a target write to something else' };
  // Given tokens share one limit.
  const count = !credentials.mints ? 1 : isRead && isWhole ? 1 + others.length : SPELLINGS;
  const chosen = Array.from({ length: count }, (_, each) => takeTurns([first, ...others], count * turn + each));
  return {
    attempts: await Promise.all(
      [...new Set(chosen)].map(async (request, at) => {
        const send = (actor: Actor, purpose: string): Promise<Exchange> => http.send({ actor, purpose, step: 'spelling', ...request });
        // Two other tenants, so that no limit is reached.
        const foreign = await send(isRead ? 'tenant B' : 'limited tenant', `${operation.id} in another spelling`);
        // One of the two is enough, because the owner's requests prove nothing.
        return {
          foreign,
          ...(isRead && at === 0 && credentials.mints && { own: await send('tenant A', `${operation.id} by the owner in the same spelling`) }),
        };
      }),
    ),
  };
}

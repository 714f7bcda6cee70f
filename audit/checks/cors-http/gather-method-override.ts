import { type Operation, pathOfItem, type Resource } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Cell } from '../../model/matrix.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { bodyOf, type Canary, type Victim } from '../../gather/tenants.ts';
import type { AttackClass } from '../check.ts';

export type MethodOverrideEvidence = {
  cells: readonly Cell<{ exchange: Exchange }>[];
  /** For each operation the object that it would change or delete, and what its owner reads afterwards. */
  victims: readonly { column: string; victim: Victim; after: Exchange }[];
  /** Creations with an override for GET: each must create an object and not return the list. */
  creations: readonly Canary[];
};

const OVERRIDE_HEADERS = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'];

type Overridden = { method: 'GET' | 'POST'; query?: string; headers?: readonly (readonly [string, string])[]; body?: string };
type OverrideClass = AttackClass & { override(method: string, body: string | undefined): Overridden };

const overridden = (method: string): [string, string][] => OVERRIDE_HEADERS.map((name) => [name, method]);

/** The rows of the matrix. A page can send all but those with headers without a preflight. */
export const overrideClasses: readonly OverrideClass[] = [
  {
    name: 'headers of a POST',
    source: 'asvs-4.1.4',
    override: (method, body) => ({ method: 'POST', headers: overridden(method), ...(body !== undefined && { body }) }),
  },
  { name: 'headers of a GET', source: 'asvs-4.1.4', override: (method) => ({ method: 'GET', headers: overridden(method) }) },
  {
    name: '_method in the query',
    source: 'fetch-preflight',
    override: (method, body) => ({ method: 'POST', query: `?_method=${method}`, ...(body !== undefined && { body }) }),
  },
  {
    name: '_method in a form',
    source: 'csrf-sheet',
    override: (method) => ({ method: 'POST', headers: [['Content-Type', 'application/x-www-form-urlencoded']], body: `_method=${method}` }),
  },
  { name: '_method in JSON', source: 'fetch-preflight', override: (method) => ({ method: 'POST', body: JSON.stringify({ _method: method }) }) },
];

export const methodOverrideEvidence: Evidence<MethodOverrideEvidence> = {
  name: 'method-override',
  isMatrix: true,
  requests: [42, 0],
  area: 'cors-http',
  gather: gatherMethodOverride,
};

/** Requests with the owner's token on its own objects: the API must execute the method that is sent. */
export async function gatherMethodOverride(context: GatherContext): Promise<MethodOverrideEvidence> {
  const resources = context.collections();
  const writes = resources.flatMap((resource) => changesOf(resource).map((operation) => ({ operation, resource })));
  const columns = await Promise.all(writes.map(({ operation, resource }) => overrideAll(context, operation, resource)));
  const creations = await Promise.all(
    resources.map((resource) => context.objectsOf(resource).tryToCreate('tenant A', 'POST with headers for GET', { headers: overridden('GET') })),
  );
  return { cells: columns.flatMap(({ cells }) => cells), victims: columns, creations };
}

/** A documented POST is what the override is sent with. Without other changes an undocumented deletion is tried. */
function changesOf({ onItem, read }: Resource): readonly Operation[] {
  const changes = onItem.filter(({ method }) => !['GET', 'POST'].includes(method));
  return changes.length > 0 ? changes : [{ ...read, method: 'DELETE' }];
}

type Column = MethodOverrideEvidence['victims'][number] & Pick<MethodOverrideEvidence, 'cells'>;

async function overrideAll(context: GatherContext, operation: Operation, resource: Resource): Promise<Column> {
  const column = `${operation.method} ${operation.path}`;
  const { createVictim, read } = context.objectsOf(resource);
  const victim = await createVictim('tenant A', `object for overrides with ${operation.method}`);
  const { body } = bodyOf(operation, resource);
  const cells = await Promise.all(
    overrideClasses.map(async ({ name, override }) => {
      const { query = '', ...request } = override(operation.method, body === undefined ? undefined : JSON.stringify(body));
      const path = `${pathOfItem(operation, victim.id)}${query}`;
      const purpose = `${name} for ${operation.method}`;
      return { row: name, column, exchange: await context.http.send({ actor: 'tenant A', purpose, path, ...request }) };
    }),
  );
  return { column, victim, cells, after: await read('tenant A', victim.id, 'the owner reads it afterwards') };
}

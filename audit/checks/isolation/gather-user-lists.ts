import { operationAt } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { Exchange } from '../../model/exchange.ts';
import { type Cell, isTried } from '../../model/matrix.ts';

/** Undocumented paths at which APIs list their users, requested by B. */
export type UserListsEvidence = {
  /** What B must not see: A's user id. */
  userIdOfA: string | undefined;
  /** A is known to the API by this object. */
  created: Exchange;
  cells: readonly Cell<{ exchange: Exchange }>[];
};

export const userListsEvidence: Evidence<UserListsEvidence> = { name: 'user-lists', requests: [3, 21], area: 'isolation', gather: gatherUserLists };

export const USER_ROWS = { lists: 'a list of users', byId: 'another user by id', reports: 'reports on all users' } as const;

const LISTS = ['users', 'user', 'accounts', 'members', 'profiles', 'customers', 'people', 'tenants', 'owners', 'sessions', 'me', 'admin/users'];
const OF_ONE_USER = ['users', 'accounts', 'profiles', 'members'];
const ADMINISTRATION = ['admin', 'stats', 'audit', 'logs', 'activity', 'debug'];

async function gatherUserLists(context: GatherContext): Promise<UserListsEvidence> {
  const { contract, credentials, http } = context;
  const { created } = await context.objects.create('tenant A', 'an object by which the API knows A');
  await context.objects.create('tenant B', 'an object by which the API knows B');
  const userIdOfA = credentials.subjectOf('tenant A');
  const base = contract.resource.create.path
    .split('/')
    .slice(0, -1)
    .join('/')
    .replace(/\/\{.*$/, '');
  const requests = (row: string, paths: readonly string[], below = ''): Cell<{ path: string }>[] =>
    paths.map((path) => {
      const at = `${base}/${path}${below}`;
      const isDocumented = operationAt(contract.operations, 'GET', at) !== undefined;
      return isDocumented ? { row, column: path, excluded: 'the contract documents it' } : { row, column: path, path: at };
    });
  const planned = [
    ...requests(USER_ROWS.lists, LISTS),
    ...requests(USER_ROWS.reports, ADMINISTRATION),
    ...(userIdOfA === undefined ? [] : requests(USER_ROWS.byId, OF_ONE_USER, `/${encodeURIComponent(userIdOfA)}`)),
  ];
  const cells = await Promise.all(
    context.select(planned, contract.resource).map(async (cell): Promise<UserListsEvidence['cells'][number]> => {
      if (!isTried(cell)) return cell;
      const { row, column, path } = cell;
      return { row, column, exchange: await http.send({ actor: 'tenant B', purpose: row, path }) };
    }),
  );
  return { userIdOfA, created, cells };
}

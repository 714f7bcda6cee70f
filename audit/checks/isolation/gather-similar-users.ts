import { pathOfItem, type Resource } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { type Victim, wholePage } from '../../gather/tenants.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Cell } from '../../model/matrix.ts';
import { isRejected } from '../../model/response.ts';
import { soon } from '../tokens/bad-credentials.ts';

/** Of one collection: reads of users whose ids are similar to that of A. They create nothing. */
export type SimilarUsersOf = {
  collection: string;
  victim: Victim;
  cells: readonly Cell<{ exchange: Exchange }>[];
  ownerAfter: Exchange;
};

export const similarUsersEvidence: Evidence<SimilarUsersOf[]> = {
  name: 'similar-users',
  isMatrix: true,
  requests: [10, 0],
  area: 'isolation',
  gather: gatherSimilarUsers,
};

type Tried = { row: string; column: string; exchange: Exchange };
type Planned = { row: string; column: string; token: string; path: string };

const NO_FORM = 'the id of the user has no such form';
const NOT_ACCEPTED = 'the API accepts no token with such an id';
const CANNOT_MINT = 'the audit cannot act as made-up users';

/** Ids that a comparison by prefix, without case or spaces, by LIKE or by a regular expression takes for the one of A. */
export const SIMILAR: readonly { name: string; ids: (id: string) => readonly string[] }[] = [
  { name: 'a user whose id is a prefix', ids: (id) => [id.slice(0, -1), id.slice(0, Math.ceil(id.length / 2))] },
  { name: 'a user whose id is longer', ids: (id) => [`${id}1`, `x${id}`] },
  { name: 'a user whose id is in another case', ids: (id) => [id.toUpperCase(), id.charAt(0).toUpperCase() + id.slice(1)] },
  { name: 'a user whose id has a space', ids: (id) => [`${id} `, ` ${id}`, `${id}\t`] },
  { name: 'a user whose id is a pattern', ids: (id) => [`${id.slice(0, -1)}%`, `${id.slice(0, -1)}_`, '%', '*', '.*', `${id.slice(0, -1)}.`] },
  {
    name: 'a user whose id has a separator',
    ids: (id) => [`${id},audit`, `audit,${id}`, `${id}:audit`, `audit|${id}`, `${id}|audit`, `${id}@audit.invalid`],
  },
  { name: 'a user whose id has a quote', ids: (id) => [`${id}'--`, `' or '1'='1`, `'or'1'='1`, `"${id}"`] },
];

/** Requests with a token that the API rejects count against the limit of the client address, so the first collection finds those out. */
async function gatherSimilarUsers(context: GatherContext): Promise<SimilarUsersOf[]> {
  const rejected = new Set<string>();
  const gatherIn = (resource: Resource, isFirst: boolean): Promise<SimilarUsersOf> =>
    context.withOwnTenants(resource.name, () => gatherOf(context, resource, { isFirst, rejected }));
  const [main, ...others] = context.collections();
  if (main === undefined) return [];
  return [await gatherIn(main, true), ...(await Promise.all(others.map((resource) => gatherIn(resource, false))))];
}

type Shared = {
  isFirst: boolean;
  /** Forms of ids that the API rejects: the first collection adds them. */
  rejected: Set<string>;
};

async function gatherOf(context: GatherContext, resource: Resource, { isFirst, rejected }: Shared): Promise<SimilarUsersOf> {
  const { createVictim, read } = context.objectsOf(resource);
  const victim = await createVictim('tenant A', 'object that users with similar ids request');
  const subject = context.credentials.subjectOf('tenant A');
  const { signer, mints } = context.credentials;
  const list = { column: resource.list.id, path: `${resource.list.path}${wholePage(resource)}` };
  const others = [
    ...resource.onItem
      .filter(({ method }) => method === 'GET')
      .map((operation) => ({ column: operation.id, path: pathOfItem(operation, victim.id) })),
    ...resource.lookups.map(({ operation: { id, path }, parameters: [name] }) => ({
      column: id,
      path: name === undefined ? path : `${path}?${name}=${encodeURIComponent(victim.text)}`,
    })),
  ];
  const send = async ({ row, column, token, path }: Planned): Promise<Tried> => {
    context.redactor.protect('token of a similar user', token);
    return { row, column, exchange: await context.http.send({ actor: 'tenant B', purpose: row, path, token }) };
  };
  const cells = await Promise.all(
    SIMILAR.map(async ({ name: row, ids }): Promise<SimilarUsersOf['cells']> => {
      const all = [list, ...others];
      if (!mints || signer === undefined || subject === undefined) return all.map(({ column }) => ({ row, column, excluded: CANNOT_MINT }));
      const forms = ids(subject).filter((id) => id !== subject && id !== '');
      if (forms.length === 0) return all.map(({ column }) => ({ row, column, excluded: NO_FORM }));
      const tokens = forms
        .map((sub, index) => ({ form: `${row} ${index}`, token: signer.sign({ sub, exp: soon() }) }))
        .filter(({ form }) => !rejected.has(form));
      const probes = await Promise.all(
        (isFirst ? tokens : []).map(async ({ form, token }) => {
          const cell = await send({ row, token, ...list });
          if (isRejected(cell.exchange)) rejected.add(form);
          return cell;
        }),
      );
      const accepted = tokens.filter(({ form }) => !rejected.has(form)).map(({ token }) => token);
      const reads = isFirst ? others : all;
      if (accepted.length === 0)
        return [...probes, ...(tokens.length === 0 ? all : reads).map(({ column }) => ({ row, column, excluded: NOT_ACCEPTED }))];
      // A single form is sent with every read; of several, each with every second read.
      const isInTurn = (form: number, read: number): boolean => accepted.length === 1 || (form + read) % 2 === 0;
      const chosen = accepted.flatMap((token, form) => reads.filter((_, read) => isInTurn(form, read)).map((read) => send({ row, token, ...read })));
      return [...probes, ...(await Promise.all(chosen))];
    }),
  );
  return {
    collection: resource.name,
    victim,
    cells: cells.flat(),
    ownerAfter: await read('tenant A', victim.id, 'the owner reads it after the attempts'),
  };
}

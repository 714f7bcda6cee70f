import { pathOfItem, type Resource } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { type Victim, wholePage } from '../../gather/tenants.ts';
import type { Exchange } from '../../model/exchange.ts';
import { type Cell, isTried } from '../../model/matrix.ts';
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
  requests: 10,
  area: 'isolation',
  gather: gatherSimilarUsers,
};

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

function gatherSimilarUsers(context: GatherContext): Promise<SimilarUsersOf[]> {
  return Promise.all(context.contract.resources.map((resource) => context.withOwnTenants(resource.name, () => gatherOf(context, resource))));
}

async function gatherOf(context: GatherContext, resource: Resource): Promise<SimilarUsersOf> {
  const { createVictim, read } = context.objectsOf(resource);
  const victim = await createVictim('tenant A', 'object that users with similar ids request');
  const subject = context.credentials.subjectOf('tenant A');
  const { signer, mints } = context.credentials;
  const reads = [
    ...resource.onItem
      .filter(({ method }) => method === 'GET')
      .map((operation) => ({ column: operation.id, path: pathOfItem(operation, victim.id) })),
    { column: resource.list.id, path: `${resource.list.path}${wholePage(resource)}` },
    ...resource.lookups.map(({ operation: { id, path }, parameters: [name] }) => ({
      column: id,
      path: name === undefined ? path : `${path}?${name}=${encodeURIComponent(victim.text)}`,
    })),
  ];
  const planned = SIMILAR.flatMap(({ name, ids }) =>
    reads.flatMap(({ column, path }): Cell<{ token: string; path: string }>[] => {
      const cell = { row: name, column };
      if (!mints || signer === undefined || subject === undefined) return [{ ...cell, excluded: CANNOT_MINT }];
      const others = ids(subject).filter((id) => id !== subject && id !== '');
      if (others.length === 0) return [{ ...cell, excluded: 'the id of the user has no such form' }];
      return others.map((sub) => ({ ...cell, token: signer.sign({ sub, exp: soon() }), path }));
    }),
  );
  const cells = await Promise.all(
    planned.map(async (cell): Promise<SimilarUsersOf['cells'][number]> => {
      if (!isTried(cell)) return cell;
      const { row, column, token, path } = cell;
      context.redactor.protect('token of a similar user', token);
      return { row, column, exchange: await context.http.send({ actor: 'tenant B', purpose: row, path, token }) };
    }),
  );
  return { collection: resource.name, victim, cells, ownerAfter: await read('tenant A', victim.id, 'the owner reads it after the attempts') };
}

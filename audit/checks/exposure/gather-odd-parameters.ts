import { parametersOf } from '../../contract/openapi-document.ts';
import { deletionOf, type Operation, pathOfItem, type Resource } from '../../contract/operations.ts';
import { readDocument } from '../../contract/read-document.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { Actor, Step } from '../../model/exchange.ts';
import { record } from '../../model/json.ts';
import { takeTurns } from '../../model/matrix.ts';
import { GIVEN_TOKENS } from '../../model/selection.ts';
import { sendAndRetry } from '../headers/gather.ts';
import type { OddCell, OddInputEvidence } from './gather-odd-bodies.ts';
import { BODIES_ON_OTHERS, LONG_QUERIES, longQueries, ODD_IDS, type OddTarget, oddIds, oddValue, PARAMETER_CLASSES } from './odd-parameters.ts';
import { readsOf } from './reads.ts';

export const oddParametersEvidence: Evidence<OddInputEvidence> = {
  name: 'odd-parameters',
  isMatrix: true,
  requests: [39, 38],
  area: 'exposure',
  gather: gatherOddParameters,
};

const ACTORS = ['tenant A', 'tenant B', 'limited tenant'] as const;
/** Of one run: the limits of three users allow no more. */
const MOST_PARAMETERS = 40;
const TOO_MANY = 'the rate limits of the users allow no more parameters';

type Attempt = { row: string; column: string } & (
  { method: string; path: string; body?: string; permitted: boolean; purpose: string; step?: Step } | { excluded: string } | { omitted: string }
);

/** Odd values of every documented parameter of lists and lookups, odd ids in reads of objects, and bodies where none is expected. */
export async function gatherOddParameters(context: GatherContext): Promise<OddInputEvidence> {
  const document = readDocument(context.target.contractFile);
  const { contract, credentials, http } = context;
  const lists = context.collections().flatMap(({ list, lookups }) => [list, ...lookups.map(({ operation }) => operation)]);
  const named = lists.flatMap((operation) =>
    [...parametersOf(document, operation)].flatMap(([name, parameter]) =>
      parameter['in'] === 'query' ? [{ operation, name, schema: record(parameter['schema']) }] : [],
    ),
  );
  const ofParameters = named.flatMap(({ operation, name, schema }, index) =>
    PARAMETER_CLASSES.flatMap(({ name: row, members, ofSchema }, number): Attempt[] => {
      const column = `GET ${operation.path}: ${name}`;
      if (index >= MOST_PARAMETERS) return [{ row, column, omitted: TOO_MANY }];
      if (!credentials.mints && (index + number) % 2 === 1) return [{ row, column, omitted: GIVEN_TOKENS }];
      const chosen = [takeTurns(members, index), ...(ofSchema?.(schema) ?? [])];
      return chosen.map((member) => attempt(row, column, oddValue(member, operation, name, contract.permits)));
    }),
  );
  const ofQueries = lists.flatMap((operation) => longQueries(operation).map((given) => attempt(LONG_QUERIES.name, `GET ${operation.path}`, given)));
  const attempts: Attempt[] = [...ofParameters, ...ofQueries, ...context.collections().flatMap(ofIds), ...(await withBodies(context))];
  const cells = await Promise.all(
    attempts.map(async (each, index): Promise<OddCell> => {
      if (!('path' in each)) return each;
      const { row, column, permitted, ...request } = each;
      // Bodies are sent to objects of tenant A.
      const actor: Actor = row === BODIES_ON_OTHERS.name ? 'tenant A' : (ACTORS[index % ACTORS.length] ?? ACTORS[0]);
      return { row, column, permitted, exchanges: await sendAndRetry(http, { actor, ...request }) };
    }),
  );
  return { cells, after: [] };
}

function attempt(row: string, column: string, { purpose, target, permitted }: OddTarget): Attempt {
  return { row, column, method: 'GET', path: target, permitted, purpose };
}

function ofIds({ onItem }: Resource): Attempt[] {
  return onItem
    .filter(({ method }) => method === 'GET')
    .flatMap((operation) =>
      oddIds.map(({ id, purpose, permitted = false }): Attempt => {
        // The id is encoded already.
        const path = pathOfItem(operation, 'AUDIT-ID').replace('AUDIT-ID', id);
        return { row: ODD_IDS.name, column: `GET ${operation.path}`, method: 'GET', path, permitted, purpose, step: 'spelling' };
      }),
    );
}

/** Content of a GET has no defined semantics (RFC 9110 section 9.3.1): it may be ignored or rejected. */
async function withBodies(context: GatherContext): Promise<Attempt[]> {
  const { objectsOf, target } = context;
  const row = BODIES_ON_OTHERS.name;
  const body = '{"audit":[1]}';
  const reads = (await readsOf(context, readDocument(target.contractFile), ['tenant A'])).map((read): Attempt =>
    'excluded' in read
      ? { row, column: read.column, excluded: read.excluded }
      : { row, column: read.column, method: 'GET', path: read.path, body, permitted: true, purpose: 'a body on a read' },
  );
  const deletions = await Promise.all(
    context.collections().map(async (resource): Promise<Attempt[]> => {
      const operation: Operation | undefined = deletionOf(resource);
      if (operation === undefined) return [];
      const column = `DELETE ${operation.path}`;
      const { id } = await objectsOf(resource).tryToCreate('tenant A', 'object to delete with a body');
      if (id === '') return [{ row, column, excluded: 'no object could be created' }];
      return [{ row, column, method: 'DELETE', path: pathOfItem(operation, id), body, permitted: true, purpose: 'a body on a deletion' }];
    }),
  );
  return [...reads, ...deletions.flat()];
}

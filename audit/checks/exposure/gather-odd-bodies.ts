import { bodySchema, propertiesOf } from '../../contract/openapi-document.ts';
import { type Operation, pathOfItem, type Resource, updateOf } from '../../contract/operations.ts';
import { readDocument } from '../../contract/read-document.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { wholePage } from '../../gather/tenants.ts';
import type { Actor, Exchange } from '../../model/exchange.ts';
import type { Cell } from '../../model/matrix.ts';
import { GIVEN_TOKENS } from '../../model/selection.ts';
import { sendAndRetry } from '../headers/gather.ts';
import { type OddBody, oddBodies } from './odd-bodies.ts';

/** One odd input: the responses, the second one after a server error; and whether the contract permits it. */
export type OddCell = Cell<{
  exchanges: readonly Exchange[];
  permitted: boolean;
  /** The same body without its coding: where it is rejected, this one must be too. */
  plain?: Exchange;
}>;

export type OddInputEvidence = {
  cells: readonly OddCell[];
  /** Reads of every collection afterwards: an odd object must not break them. */
  after: readonly Exchange[];
};

export const oddBodiesEvidence: Evidence<OddInputEvidence> = {
  name: 'odd-bodies',
  isMatrix: true,
  requests: [26, 52],
  area: 'exposure',
  gather: gatherOddBodies,
};

/** Creations and updates with a body; each has its own user, because the rate limit of one does not allow all of them. */
const ACTORS = ['tenant A', 'tenant B', 'limited tenant'] as const;

const TURNS = 'the rate limit of one user does not allow every class on so many operations, so classes take turns';

export async function gatherOddBodies(context: GatherContext): Promise<OddInputEvidence> {
  const columns = context.collections().flatMap((resource) => {
    const update = updateOf(resource);
    return [{ resource, operation: resource.create }, ...(update === undefined ? [] : [{ resource, operation: update }])];
  });
  const reason = !context.credentials.mints ? GIVEN_TOKENS : columns.length > ACTORS.length ? TURNS : undefined;
  const cells = await Promise.all(
    columns.map(({ resource, operation }, index) => cellsOf(context, resource, operation, { actor: actorOf(index), index, reason })),
  );
  const after = await Promise.all(
    context
      .collections()
      .map(async (resource, index) =>
        context.http.send({ actor: actorOf(index), purpose: 'the list after odd input', path: `${resource.list.path}${wholePage(resource)}` }),
      ),
  );
  return { cells: cells.flat(), after };
}

function actorOf(column: number): Actor {
  return ACTORS[column % ACTORS.length] ?? ACTORS[0];
}

type Column = { actor: Actor; index: number; reason: string | undefined };

async function cellsOf(context: GatherContext, resource: Resource, operation: Operation, { actor, index, reason }: Column): Promise<OddCell[]> {
  const { contract, http, objectsOf, target, writes } = context;
  const column = `${operation.method} ${operation.path}`;
  const document = readDocument(target.contractFile);
  const properties = propertiesOf(document, bodySchema(document, operation));
  const isCreation = operation === resource.create;
  const id = isCreation ? '' : (await objectsOf(resource).tryToCreate(actor, 'object for odd updates')).id;
  const path = isCreation ? operation.path : pathOfItem(operation, id);

  async function send({ row, body, permitted, purpose, plain, ...rest }: OddBody): Promise<OddCell & { plain?: Exchange; isPlain?: true }> {
    const request = { actor, purpose, method: operation.method, path, body, ...rest };
    const objection = writes.objectionTo(request);
    if (objection !== undefined) return { row, column, excluded: objection };
    const exchanges = await sendAndRetry(http, request);
    return { row, column, exchanges, permitted, ...(plain && { isPlain: true }) };
  }

  const cells = await Promise.all(
    oddBodies({ contract, resource, operation, properties }).map(async ({ name: row, bodies }, number): Promise<OddCell[]> => {
      if (bodies.length === 0) return [{ row, column, excluded: 'the operation takes no such value' }];
      if (!isCreation && id === '') return [{ row, column, excluded: 'no object could be created' }];
      if (reason !== undefined && (number + index) % 2 === 1) return [{ row, column, omitted: reason }];
      const sent = await Promise.all(bodies.map(send));
      const [plain] = sent.flatMap((cell) => ('exchanges' in cell && cell.isPlain === true ? cell.exchanges.slice(-1) : []));
      return sent.map(({ isPlain, ...cell }): OddCell =>
        'exchanges' in cell && plain !== undefined && isPlain === undefined ? { ...cell, plain } : cell,
      );
    }),
  );
  return cells.flat();
}

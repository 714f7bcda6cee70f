import { type Json, parametersOf, responseOf } from '../../contract/openapi-document.ts';
import { readDocument } from '../../contract/read-document.ts';
import type { Operation } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { Exchange } from '../../model/exchange.ts';
import { record } from '../../model/json.ts';
import { mediaType } from '../../model/header-fields.ts';
import type { Cell } from '../../model/matrix.ts';
import { type Read, readsOf, withQuery } from './reads.ts';
import { STREAM, type Switch, type SwitchClass, SWITCHES } from './switches.ts';
import { gains } from './judge-gains.ts';

/** Two reads without a switch, which show what varies, and the reads with switches: together, and one by one where that differs. */
export type SwitchCell = Cell<{ plain: readonly [Exchange, Exchange]; switched: readonly Exchange[] }>;

export const switchesEvidence: Evidence<{ cells: readonly SwitchCell[] }> = {
  name: 'debug-switches',
  isMatrix: true,
  requests: [19, 27],
  area: 'exposure',
  gather: gatherSwitches,
};

/** They take turns, because each has a limit. */
const USERS = ['tenant A', 'tenant B', 'limited tenant'] as const;

export async function gatherSwitches(context: GatherContext): Promise<{ cells: readonly SwitchCell[] }> {
  const document = readDocument(context.target.contractFile);
  const reads = await readsOf(context, document, USERS);
  const cells = await Promise.all(reads.map((read) => cellsOf(context, document, read)));
  return { cells: cells.flat() };
}

async function cellsOf({ http }: GatherContext, document: Json, read: Read): Promise<SwitchCell[]> {
  const { column, operation, actor } = read;
  if ('excluded' in read) return SWITCHES.map(({ name }) => ({ row: name, column, excluded: read.excluded }));
  const send = (purpose: string, switches: readonly Switch[]): Promise<Exchange> =>
    http.send({
      actor,
      purpose,
      path: withQuery(
        read.path,
        switches.flatMap(({ parameter }) => parameter ?? []),
      ),
      headers: switches.flatMap(({ header }) => (header === undefined ? [] : [header])),
    });
  const plain = [await send('a read without a switch', []), await send('the same read again', [])] as const;
  if (plain.every(({ response }) => response !== undefined && [403, 404].includes(response.status)))
    return SWITCHES.map(({ name }) => ({ row: name, column, excluded: 'the users of the audit may not read it' }));
  const cellFor = (given: SwitchClass): Promise<SwitchCell> => cellOf({ column, operation, plain, send }, document, given);
  const cells = await Promise.all(SWITCHES.filter((given) => given !== STREAM).map(cellFor));
  // A stream that does not end must not meet other requests.
  return [...cells, await cellFor(STREAM)];
}

type Column = {
  column: string;
  operation: Operation;
  plain: readonly [Exchange, Exchange];
  send(purpose: string, switches: readonly Switch[]): Promise<Exchange>;
};

async function cellOf({ column, operation, plain, send }: Column, document: Json, given: SwitchClass): Promise<SwitchCell> {
  const row = given.name;
  const documented = parametersOf(document, operation);
  const switches = given.switches.filter(({ parameter = '' }) => !documented.has(decodeURIComponent(parameter.split('=')[0] ?? '')));
  const types = Object.keys(record(responseOf(document, operation, operation.success)['content'])).map(mediaType);
  if (switches.length === 0 || (given.mediaType !== undefined && types.includes(given.mediaType)))
    return { row, column, excluded: 'the contract documents it' };
  const all = await send(row, switches);
  if (switches.length === 1 || (all.response?.status === plain[0].response?.status && gains(all, plain).length === 0))
    return { row, column, plain, switched: [all] };
  const single = await Promise.all(switches.map((each) => send(`${row}: ${each.parameter ?? each.header?.join(': ') ?? ''}`, [each])));
  return { row, column, plain, switched: [all, ...single] };
}

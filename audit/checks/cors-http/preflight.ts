import type { Operation } from '../../contract/operations.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Exchange } from '../../model/exchange.ts';

export function protectedOperations({ contract }: GatherContext): Operation[] {
  return contract.operations.filter((operation) => operation.protected);
}

type Preflight = {
  origin: string;
  method: string;
  requestedHeaders?: string;
  headers?: readonly (readonly [string, string])[];
  /** Without it the list. */
  path?: string;
};

export function preflight(
  { http, contract }: GatherContext,
  purpose: string,
  { origin, method, requestedHeaders = 'authorization', headers = [], path = contract.resource.list.path }: Preflight,
): Promise<Exchange> {
  return http.send({
    actor: 'anonymous',
    purpose,
    method: 'OPTIONS',
    path,
    headers: [['Origin', origin], ['Access-Control-Request-Method', method], ['Access-Control-Request-Headers', requestedHeaders], ...headers],
  });
}

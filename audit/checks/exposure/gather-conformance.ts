import type { ValidateFunction } from 'ajv';
import { type Operation, operationAt } from '../../contract/operations.ts';
import { type Contract, placeOf } from '../../contract/contract.ts';
import type { Exchange } from '../../model/exchange.ts';
import { declared, type Json, jsonContent, type Place, responseOf } from '../../contract/openapi-document.ts';
import { compilerOf } from '../../contract/permits.ts';
import { readDocument } from '../../contract/read-document.ts';
import { record } from '../../model/json.ts';
import { isHtmlPage, json } from '../../model/response.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { withRequired } from './reads.ts';

/** Responses of this run, compared with the contract. */
export type ConformanceEvidence = {
  compared: readonly {
    id: string;
    operation: string;
    status: number;
    problem?: string;
    /** Fields of health that the contract does not document are the only problem. */
    isOpenHealth?: true;
  }[];
  /** Reads that the API forbids to the test users, such as those of administrators. */
  forbidden: readonly { id: string; operation: string }[];
};

export const conformanceEvidence: Evidence<ConformanceEvidence> = { name: 'conformance', area: 'exposure', gather: gatherConformance };

/**
 * Compares every complete JSON response with the schema of its operation and status. A success must not have a field that the
 * contract does not document, nor a status that it does not document.
 */
export async function gatherConformance(context: GatherContext): Promise<ConformanceEvidence> {
  const document = readDocument(context.target.contractFile);
  const validatorOf = createValidators(document);
  const forbidden = await readWhatNoOtherCheckReads(context, document);
  const compared = context.runRecord.readLedger().flatMap((entry) => {
    if (entry.kind !== 'http') return [];
    const operation = operationOf(context.contract, entry);
    const body = json(entry);
    const status = entry.response?.status;
    if (operation === undefined || status === undefined) return [];
    const observed = { id: entry.id, operation: operation.id, status };
    const isPage = isHtmlPage(entry.response?.headers['content-type']?.[0], entry.response?.body ?? '');
    if (!isPage && isUndocumented(declared(document, operation), status))
      return [{ ...observed, problem: 'the contract does not document this status' }];
    const validate = validatorOf(operation, status);
    // A success without a documented body has nothing to compare, and counts as observed.
    if (validate === undefined) return isSuccess(status) && status !== 204 ? [observed] : [];
    if (body === undefined) return [];
    const problem = validate(body) ? undefined : describe(validate);
    const { health, liveness } = context.contract;
    const isHealth = [health?.path, liveness?.path].includes(operation.path);
    const isOpenHealth = isHealth && validate.errors?.every(({ keyword }) => keyword === 'additionalProperties') === true;
    return [{ ...observed, ...(problem !== undefined && { problem, ...(isOpenHealth && { isOpenHealth }) }) }];
  });
  return { compared, forbidden };
}

/**
 * Reads that need no object: their only other requests have bad credentials.
 * @returns those that got 403
 */
async function readWhatNoOtherCheckReads({ contract, http, runRecord }: GatherContext, document: Json): Promise<ConformanceEvidence['forbidden']> {
  const seen = runRecord
    .readLedger()
    .flatMap((entry) => (entry.kind === 'http' && isSuccess(entry.response?.status ?? 0) ? [operationOf(contract, entry)] : []));
  const others = contract.operations.filter(
    ({ id, method, path, caller = '' }) => method === 'GET' && !path.replace(caller, '').includes('{') && !seen.some((each) => each?.id === id),
  );
  const executed = others.filter((operation) => placeOf(contract, operation) !== undefined);
  const reads = await Promise.all(
    executed.map(async (operation) => {
      const path = withRequired(document, operation);
      const exchange = await http.send({ actor: 'tenant A', purpose: 'a read that no other check makes', path });
      return { id: exchange.id, operation: operation.id, status: exchange.response?.status };
    }),
  );
  return reads.flatMap(({ id, operation, status }) => (status === 403 ? [{ id, operation }] : []));
}

function operationOf({ operations }: Pick<Contract, 'operations'>, { request }: Exchange): Operation | undefined {
  return operationAt(operations, request.method, new URL(request.url).pathname);
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** A proxy can return errors; a success comes from the operation itself. */
function isUndocumented({ responses }: Json, status: number): boolean {
  const known = Object.keys(record(responses)).map((each) => each.toLowerCase());
  return isSuccess(status) && !known.some((each) => [String(status), '2xx', 'default'].includes(each));
}

function createValidators(document: Json): (operation: Operation, status: number) => ValidateFunction | undefined {
  const ajv = compilerOf({ allErrors: true });
  ajv.addSchema({ $id: 'contract:open', components: document['components'] });
  ajv.addSchema({ $id: 'contract:closed', components: closed(document['components']) });
  const compiled = new Map<string, ValidateFunction | undefined>();
  return ({ path, method, id }, status) => {
    const key = `${id} ${status}`;
    if (!compiled.has(key)) compiled.set(key, compile({ path, method }, status));
    return compiled.get(key);
  };

  function compile(place: Place, status: number): ValidateFunction | undefined {
    const { schema } = jsonContent(responseOf(document, place, status));
    if (schema === undefined) return undefined;
    // Problem documents may have extension members (RFC 9457 section 3.2).
    const base = status < 300 ? 'contract:closed' : 'contract:open';
    return ajv.compile(absolute(status < 300 ? closed(schema) : schema, base) as Json);
  }
}

/** Forbids additional properties in every object schema that lists its properties. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  const isObject = 'properties' in copy && copy['type'] === 'object' && !('allOf' in copy);
  return isObject && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy;
}

function absolute(value: unknown, base: string): unknown {
  if (Array.isArray(value)) return value.map((each) => absolute(each, base));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, name === '$ref' && typeof each === 'string' ? `${base}${each}` : absolute(each, base)]),
  );
}

/** Where and what, without a value. */
function describe({ errors }: ValidateFunction): string {
  const [first] = errors ?? [];
  const extra = first?.params['additionalProperty'] as unknown;
  return `${first?.instancePath || 'the body'} ${first?.message ?? 'does not match the schema'}${typeof extra === 'string' ? ` (${extra})` : ''}`;
}

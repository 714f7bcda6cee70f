import addFormats from 'ajv-formats';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Operation } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import { declared, type Json, object, resolve } from '../../contract/openapi-document.ts';
import { readText } from '../../contract/text-file.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';

/** Answers of this run beside what the contract says of them. */
export type ConformanceEvidence = {
  compared: readonly { id: string; operation: string; status: number; problem?: string }[];
};

export const conformanceEvidence: Evidence<ConformanceEvidence> = { name: 'conformance', area: 'exposure', gather: gatherConformance };

/**
 * Compares every complete JSON answer with the schema of its operation and status. A successful answer must hold what the
 * contract names and no more: a field that slips out is found although nobody thought of it. A success that the contract does
 * not have fits nothing.
 */
export async function gatherConformance(context: GatherContext): Promise<ConformanceEvidence> {
  const document = JSON.parse(readText(context.target.contractFile)) as Json;
  const validatorOf = createValidators(document);
  const compared = context.directory.readLedger().flatMap((entry) => {
    if (entry.kind !== 'http') return [];
    const operation = operationOf(context.contract.operations, entry);
    const body = jsonOf(entry);
    const status = entry.response?.status;
    if (operation === undefined || status === undefined) return [];
    const seen = { id: entry.id, operation: operation.id, status };
    if (!isPage(entry) && isUndocumented(declared(document, operation), status)) return [{ ...seen, problem: 'the contract has no such success' }];
    if (body === undefined) return [];
    const validate = validatorOf(operation, status);
    if (validate === undefined) return [];
    const problem = validate(body) ? undefined : describe(validate);
    return [{ ...seen, ...(problem !== undefined && { problem }) }];
  });
  return { compared };
}

/** Something on the way answered. */
function isPage({ response }: Exchange): boolean {
  return response?.headers['content-type']?.[0]?.startsWith('text/html') === true && !/^\s*[{[]/.test(response.body);
}

/** Errors may come from anywhere on the way; a success is the operation's own. */
function isUndocumented({ responses }: Json, status: number): boolean {
  const known = Object.keys(object(responses)).map((each) => each.toLowerCase());
  return status >= 200 && status < 300 && !known.some((each) => [String(status), '2xx', 'default'].includes(each));
}

function operationOf(operations: readonly Operation[], { request }: Exchange): Operation | undefined {
  const { pathname } = new URL(request.url);
  const fits = operations.filter(({ method, path }) => method === request.method && patternOf(path).test(pathname));
  // A path without parameters is meant before one with.
  return fits.toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
}

/** Undefined where there is none, or where the ledger has cut it off. */
function jsonOf({ response }: Exchange): unknown {
  try {
    return JSON.parse(response?.body ?? '');
  } catch {
    return undefined;
  }
}

function createValidators(document: Json): (operation: Operation, status: number) => ValidateFunction | undefined {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'contract:open', components: document['components'] });
  ajv.addSchema({ $id: 'contract:closed', components: closed(document['components']) });
  const compiled = new Map<string, ValidateFunction | undefined>();
  return ({ path, method, id }, status) => {
    const key = `${id} ${status}`;
    if (!compiled.has(key)) compiled.set(key, compile(declared(document, { path, method }), status));
    return compiled.get(key);
  };

  function compile(operation: Json, status: number): ValidateFunction | undefined {
    const response = resolve(document, object(operation['responses'])[String(status)]);
    const [media] = Object.values(object(response['content']));
    const schema = object(media)['schema'];
    if (schema === undefined) return undefined;
    // Extensions of a problem are allowed (RFC 9457 section 3.2); those of a success are not.
    const base = status < 300 ? 'contract:closed' : 'contract:open';
    return ajv.compile(absolute(status < 300 ? closed(schema) : schema, base) as Json);
  }
}

/** Objects that list their properties have no others. */
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

/** Where and what, never a value. */
function describe({ errors }: ValidateFunction): string {
  const [first] = errors ?? [];
  const extra = first?.params['additionalProperty'] as unknown;
  return `${first?.instancePath || 'the answer'} ${first?.message ?? 'does not fit'}${typeof extra === 'string' ? ` (${extra})` : ''}`;
}

import type { Contract } from '../../contract/contract.ts';
import { type Operation, type Resource, pathOfItem, updateOf } from '../../contract/operations.ts';
import type { Policy } from '../../model/policy.ts';
import { MARKER } from '../../model/marker.ts';

/** Must not appear in any response. */
export const FORGED_HOST = 'forged-host.example';
/** Only in parameters and paths, which a response may repeat as data. A redirect must not lead there. */
export const REDIRECT_HOST = 'open-redirect.example';
/** Set by a header that a line break in a value begins. */
export const INJECTED_HEADER = 'x-audit-injected';

export type BadInput = {
  purpose: string;
  method: string;
  path: string;
  headers?: readonly (readonly [string, string])[];
  body?: string;
  /** Whether the contract permits it, so that it may succeed. */
  permitted: boolean;
  /** Where the API need not reject it otherwise. */
  policy?: Policy;
};

/** Longer than any text field allows, shorter than any body limit. */
const LONG = 10_000;
const DEPTH = 5_000;
/** One more than the largest 32-bit integer. */
const JUST_TOO_LARGE = '2147483648';

const forbidden = (purpose: string, path: string, method = 'GET'): BadInput => ({ purpose, method, path, permitted: false });

/** Errors that do not depend on the collection, so one collection is enough. */
export function badRequests({ list, create }: Resource, random: string): BadInput[] {
  return [
    forbidden('TRACE', list.path, 'TRACE'),
    {
      ...forbidden('a forged host', `/audit-${random}`),
      headers: [
        ['X-Forwarded-Host', FORGED_HOST],
        ['Forwarded', `host=${FORGED_HOST}`],
      ],
    },
    forbidden('invalid percent-encoding', `${list.path}/%E0%A4%A`),
    { ...forbidden('nesting of 5,000 levels', create.path, 'POST'), body: `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}` },
  ];
}

/**
 * Input that provokes errors. Everything that could create an object contains the marker.
 * @param own an object of the sender
 */
export function badInput(contract: Contract, resource: Resource, own: { id: string; text: string }, random: string): BadInput[] {
  const { list, create, read, textProperty: text, pageSize, pageStart, search, lookups, references } = resource;
  const sample = create.sample as object;
  const update = updateOf(resource);
  const marked = `${MARKER}${random}`;

  const query = (purpose: string, name: string | undefined, ...values: string[]): BadInput[] => queryOf(list, purpose, name, ...values);
  const queryOf = (operation: Operation, purpose: string, name: string | undefined, ...values: string[]): BadInput[] => {
    if (name === undefined) return [];
    const path = `${operation.path}?${values.map((value) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
    return [{ purpose, method: 'GET', path, permitted: contract.permits.query(operation, name, ...values) }];
  };
  const texts = [[list, search] as const, ...lookups.flatMap(({ operation, parameters }) => parameters.map((name) => [operation, name] as const))];
  const post = (purpose: string, body: unknown): BadInput => ({
    purpose,
    method: 'POST',
    path: create.path,
    body: JSON.stringify(body),
    permitted: contract.permits.body(create, body),
  });
  const change = (purpose: string, fields: object): BadInput[] => {
    if (update === undefined) return [];
    const body = { ...(update.sample as object), [text]: marked, ...fields };
    const permitted = contract.permits.body(update, body);
    return [{ purpose, method: update.method, path: pathOfItem(update, own.id), body: JSON.stringify(body), permitted }];
  };
  return [
    ...change('an unknown field in an update', { audit_unknown_field: true }),
    ...change('NUL in an update', { [text]: `${marked}\u0000` }),
    forbidden('an id just out of range', pathOfItem(read, JUST_TOO_LARGE)),
    forbidden('an id beyond exact numbers', pathOfItem(read, '9007199254740993')),
    forbidden('a quote in an id', pathOfItem(read, "1' or '1'='1")),
    forbidden('an id out of range', pathOfItem(read, '99999999999999999999')),
    forbidden('a fractional id', pathOfItem(read, '1.5')),
    ...texts.flatMap(([operation, name]) => [
      ...queryOf(operation, 'NUL in a parameter', name, 'a\u0000b'),
      ...queryOf(operation, 'quotes and a backslash in a parameter', name, `'"\\`),
    ]),
    ...query('a page size of 0', pageSize?.name, '0'),
    ...query('a negative page size', pageSize?.name, '-1'),
    ...query('a huge page size', pageSize?.name, '1000000000'),
    ...query('a negative page', pageStart?.name, '-1'),
    ...query('a repeated parameter', pageStart?.name ?? pageSize?.name, '1', '2').map((each): BadInput =>
      each.permitted ? each : { ...each, policy: 'strict-parameters' },
    ),
    ...references.flatMap(({ property, isList, parameters }) => [
      ...parameters.flatMap((name) => query('an id just out of range in a parameter', name, JUST_TOO_LARGE)),
      post('a reference just out of range', { ...sample, [text]: marked, [property]: isList ? [Number(JUST_TOO_LARGE)] : Number(JUST_TOO_LARGE) }),
    ]),
    post('a null body', null),
    post('an array body', []),
    post('a number as the body', 1),
    post('NUL in text', { ...sample, [text]: `${marked}\u0000` }),
    post('a number for text', { ...sample, [text]: 1 }),
    post('an operator object for text', { ...sample, [text]: { $ne: null } }),
    { ...post('a __proto__ property', []), body: `{"${text}":"${marked}","__proto__":{"isAdmin":true}}` },
    post('an unknown field', { ...sample, [text]: marked, audit_unknown_field: true }),
    post('over-long text', { ...sample, [text]: marked.padEnd(LONG, 'x') }),
    post('the text of another object', { ...sample, [text]: own.text }),
  ];
}

import type { Contract } from '../../contract/contract.ts';
import { type Json, typeOf } from '../../contract/openapi-document.ts';
import type { Operation } from '../../contract/operations.ts';
import type { AttackClass } from '../check.ts';

/** A query or a path with an odd value, and whether the contract or a standard permits it. */
export type OddTarget = { purpose: string; target: string; permitted: boolean };

type Permits = Contract['permits'];

const LONG = 5_000;
const MANY = 1_000;

/** Each documented parameter meets one member of each class; the members take turns. `raw` is sent as it is. */
export type Member = { purpose: string; value: string } | { purpose: string; raw: (name: string) => string };

export const PARAMETER_CLASSES: readonly (AttackClass & { members: readonly [Member, ...Member[]]; ofSchema?: (schema: Json) => Member[] })[] = [
  {
    name: 'broken percent-encoding in parameters',
    source: 'input-sheet',
    // What a second decoding fails on.
    ofSchema: () => [{ purpose: 'a lone %', raw: (name) => `${name}=%` }],
    members: [
      { purpose: '%zz', raw: (name) => `${name}=%zz` },
      { purpose: 'bytes that are not UTF-8', raw: (name) => `${name}=%ff%fe` },
      { purpose: 'an overlong encoding', raw: (name) => `${name}=%c0%ae` },
    ],
  },
  {
    name: 'parameters as lists and objects',
    source: 'prototype-pollution',
    members: [
      { purpose: 'a list', raw: (name) => `${name}[]=1&${name}[]=2` },
      { purpose: 'an operator', raw: (name) => `${name}[%24ne]=1` },
      { purpose: 'a prototype', raw: (name) => `${name}[__proto__][isAdmin]=1` },
      { purpose: 'an object', raw: (name) => `${name}[a][b]=1&${name}[toString]=1` },
    ],
  },
  {
    name: 'parameters beyond their limits',
    source: 'api4-2023',
    ofSchema: beyondLimits,
    members: [
      { purpose: 'a number of 400 digits', value: '9'.repeat(400) },
      { purpose: '1e400', value: '1e400' },
      { purpose: 'a fraction', value: '1.5' },
      { purpose: 'an empty value', value: '' },
    ],
  },
  {
    name: 'control characters in parameters',
    source: 'input-sheet',
    members: [
      { purpose: 'NUL', value: '1\u0000' },
      { purpose: 'line breaks', value: '1\r\n2' },
      { purpose: 'an escape character', value: '\u001b[31m1' },
    ],
  },
];

export function oddValue(member: Member, operation: Operation, name: string, permits: Permits): OddTarget {
  const { purpose } = member;
  if ('raw' in member) return { purpose: `${purpose} as ${name}`, target: `${operation.path}?${member.raw(name)}`, permitted: true };
  const target = `${operation.path}?${name}=${encodeURIComponent(member.value)}`;
  return { purpose: `${purpose} as ${name}`, target, permitted: permits.query(operation, name, member.value) };
}

/** Values just beyond the limits in the schema of a parameter, and a text longer than any. */
export function beyondLimits({ maximum, minimum, enum: choices, ...schema }: Json): Member[] {
  const isFreeText = typeOf(schema) === 'string' && !Array.isArray(choices);
  return [
    ...(typeof maximum === 'number' ? [{ purpose: 'one more than the maximum', value: String(maximum + 1) }] : []),
    ...(typeof minimum === 'number' ? [{ purpose: 'one less than the minimum', value: String(minimum - 1) }] : []),
    ...(isFreeText ? [{ purpose: 'a long text', value: 'a'.repeat(LONG) }] : []),
  ];
}

export const LONG_QUERIES = { name: 'long queries', source: 'api4-2023' } as const satisfies AttackClass;

export function longQueries({ path }: Operation): OddTarget[] {
  return [
    { purpose: 'a query of 5,000 characters', target: `${path}?audit=${'x'.repeat(LONG)}`, permitted: true },
    { purpose: `${MANY} parameters`, target: `${path}?${Array.from({ length: MANY }, () => 'x=1').join('&')}`, permitted: true },
  ];
}

export const ODD_IDS = { name: 'odd ids in paths', source: 'input-sheet' } as const satisfies AttackClass;

/** No object has such an id, and frameworks that resolve a path in an id may find a documented one. */
export const oddIds: readonly { purpose: string; id: string; permitted?: true }[] = [
  { purpose: 'NUL in an id', id: '1%00' },
  { purpose: 'an id that is not UTF-8', id: '%ff%fe' },
  { purpose: 'an exponent as an id', id: '9e99' },
  { purpose: 'a negative id', id: '-1' },
  { purpose: 'an object as an id', id: '%5Bobject%20Object%5D' },
  { purpose: 'a name of JavaScript as an id', id: '__proto__' },
  { purpose: 'an id of 4,000 characters', id: 'a'.repeat(4_000) },
  { purpose: 'a path in an id', id: '..%2f..%2faudit', permitted: true },
];

export const BODIES_ON_OTHERS = { name: 'bodies on reads and deletions', source: 'rfc9112-framing' } as const satisfies AttackClass;

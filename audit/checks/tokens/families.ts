import { type Contract, placeOf } from '../../contract/contract.ts';
import type { Operation } from '../../contract/operations.ts';
import type { Cell } from '../../model/matrix.ts';
import type { Attack, AttackClass } from './bad-credentials.ts';

/** Classes of bad credentials that a verifier of one route could accept for the same reason: the rows of the matrix. */
export const TOKEN_FAMILIES = [
  { name: 'no token', source: 'rfc6750' },
  { name: 'no token, and claims to be the owner in headers, cookies and the query', source: 'cwe-290' },
  { name: 'a malformed or misplaced token', source: 'rfc7515-compact' },
  { name: 'a wrong signature', source: 'asvs-9.1.1' },
  { name: 'a guessable key', source: 'rfc8725-entropy' },
  { name: 'another algorithm', source: 'asvs-9.1.2' },
  { name: 'an expired token', source: 'asvs-9.2.1' },
  { name: 'a token that is not valid yet', source: 'asvs-9.2.1' },
  { name: 'a token without an expiry', source: 'rfc7519-exp' },
  { name: 'unusable claims', source: 'rfc8725-claims' },
] as const;

/** An attack that an operation has met. */
type Attempted = { kind: AttackClass; operation: string };

export type TokenFamily = (typeof TOKEN_FAMILIES)[number]['name'];

const [WITHOUT, CLAIMED, MALFORMED, SIGNATURE, GUESSED, ALGORITHM, EXPIRED, NOT_YET, ENDLESS, CLAIMS] = TOKEN_FAMILIES;

const FAMILY_OF: Readonly<Partial<Record<AttackClass, TokenFamily>>> = {
  'claimed-identity': CLAIMED.name,
  missing: MALFORMED.name,
  malformed: MALFORMED.name,
  'wrong-key': GUESSED.name,
  tampered: SIGNATURE.name,
  algorithm: ALGORITHM.name,
  expired: EXPIRED.name,
  'not-yet-valid': NOT_YET.name,
  'without-exp': ENDLESS.name,
  claims: CLAIMS.name,
};

export function familyOf({ kind }: Pick<Attack, 'kind'>): TokenFamily | undefined {
  return FAMILY_OF[kind];
}

/**
 * The attacks of families that an operation has not met, so that each operation meets each family.
 * The most severe families come first.
 */
export function missingAttacks(operations: readonly Operation[], attempts: readonly Attempted[], attacks: readonly Attack[]): [Operation, Attack][] {
  return [SIGNATURE, ALGORITHM, EXPIRED, GUESSED, NOT_YET, ENDLESS, MALFORMED, CLAIMS].flatMap(({ name }) => {
    // The most common one: the others are distributed over the operations by the groups of attacks.
    const member = attacks.find((attack) => familyOf(attack) === name);
    return operations.flatMap((operation): [Operation, Attack][] => {
      const isMet = attempts.some((attempt) => attempt.operation === operation.id && familyOf(attempt) === name);
      return isMet || member === undefined ? [] : [[operation, member]];
    });
  });
}

type Found = {
  contract: Pick<Contract, 'leftOut' | 'operations' | 'resources'>;
  /** Operations that were requested without a token. */
  withoutToken: readonly string[];
  attempts: readonly Attempted[];
  /** Families that need the key of the target, which the audit has not. */
  hasKey: boolean;
};

/** Every protected operation by every family. */
export function cellsOfFamilies({ contract, withoutToken, attempts, hasKey }: Found): Cell<object>[] {
  const reasons = new Map(contract.leftOut.map(({ operation, reason }) => [operation.id, reason]));
  const met = new Set(attempts.map((attempt) => `${familyOf(attempt)} ${attempt.operation}`));
  for (const id of withoutToken) met.add(`${WITHOUT.name} ${id}`);
  return contract.operations
    .filter((operation) => operation.protected)
    .flatMap((operation) =>
      TOKEN_FAMILIES.map(({ name }): Cell<object> => {
        const cell = { row: name, column: operation.id };
        if (placeOf(contract, operation) === undefined) return { ...cell, excluded: `the operation ${reasons.get(operation.id) ?? 'is left out'}` };
        if (met.has(`${name} ${operation.id}`)) return cell;
        const needsKey = [EXPIRED, NOT_YET, ENDLESS, CLAIMS].some((family) => family.name === name);
        return needsKey && !hasKey ? { ...cell, excluded: NO_KEY } : { ...cell, omitted: TO_SEND_LESS };
      }),
    );
}

export const NO_KEY = 'only the holder of the key can sign such a token';
const TO_SEND_LESS = 'left out to send fewer requests without a valid token';

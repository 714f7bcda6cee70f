import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Operation } from '../../contract/operations.ts';
import { coverageOf } from '../../model/matrix.ts';
import type { Attack, AttackClass } from './bad-credentials.ts';
import { cellsOfFamilies, familyOf, missingAttacks, TOKEN_FAMILIES } from './families.ts';

const operation = (id: string): Operation => ({
  id,
  method: 'GET',
  path: `/${id}`,
  protected: true,
  sample: undefined,
  success: 200,
  statuses: [200],
});
const attack = (kind: AttackClass, name: string = kind): Attack => ({ kind, name });
const operations = ['read', 'list', 'remove'].map(operation);
const attacks = [attack('expired', 'long ago'), attack('expired', 'just now'), attack('tampered')] as const;

describe('the families of bad tokens', () => {
  test('are met by every operation', () => {
    const planned = missingAttacks(operations, [{ kind: 'tampered', operation: 'list' }], attacks);
    assert.deepEqual(
      planned.map(([{ id }, { name }]) => `${id}: ${name}`),
      ['read: tampered', 'remove: tampered', 'read: long ago', 'list: long ago', 'remove: long ago'],
    );
    const attempts = planned.map(([{ id }, { kind }]) => ({ kind, operation: id }));
    assert.deepEqual(missingAttacks(operations, [...attempts, { kind: 'tampered', operation: 'list' }], attacks), []);
  });

  test('have every class of attack that is sent to all operations', () => {
    const kinds: readonly AttackClass[] = [
      'claimed-identity',
      'missing',
      'malformed',
      'wrong-key',
      'algorithm',
      'tampered',
      'expired',
      'not-yet-valid',
      'without-exp',
      'claims',
    ];
    const names: readonly string[] = TOKEN_FAMILIES.map(({ name }) => name);
    for (const kind of kinds) assert.ok(names.includes(familyOf({ kind }) ?? ''), kind);
  });

  test('are counted for each protected operation, with the reason why one was not met', () => {
    const [read = operation('read'), list = operation('list'), remove = operation('remove')] = operations;
    const contract = {
      operations: [read, list, remove, { ...operation('health'), protected: false }],
      resources: [],
      leftOut: [{ operation: remove, reason: 'deletes an account' }],
    };
    const attempts = [
      { kind: 'tampered', operation: 'read' },
      { kind: 'tampered', operation: 'list' },
      { kind: 'algorithm', operation: 'read' },
    ] as const;
    const cells = cellsOfFamilies({ contract, withoutToken: ['read', 'list'], attempts, hasKey: false });
    assert.deepEqual(coverageOf(cells), {
      cells: 30,
      tried: 5,
      left: [
        { reason: 'left out to send fewer requests without a valid token', cells: 7 },
        { reason: 'only the holder of the key can sign such a token', cells: 8 },
        { reason: 'the operation deletes an account', cells: 10 },
      ],
    });
    assert.equal(coverageOf(cellsOfFamilies({ contract, withoutToken: [], attempts, hasKey: true })).left[0]?.cells, 17);
  });
});

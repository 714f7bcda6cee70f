import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareWithLedger, type Comparison, type Contents, type Creation, type Ledger, type TaskRow } from './write-log.ts';

const creation = (changes: Partial<Creation> = {}): Creation => ({ userId: 'ada', title: 'one', key: undefined, ids: new Set([1]), ...changes });
const row = (changes: Partial<TaskRow> = {}): TaskRow => ({ id: 1, user_id: 'ada', title: 'one', description: null, ...changes });
const ledger = (creations: Creation[], contents: [number, Contents][] = []): Ledger => ({ creations, contents: new Map(contents) });
const counts = ({ lost, doubled, foreign, unsettled }: Comparison): number[] => [lost.length, doubled.length, foreign.length, unsettled.length];

describe('comparing the ledger with the table', () => {
  test('finds nothing where all that was acknowledged is there once', () => {
    const creations = [creation(), creation({ title: 'two', key: 'k', ids: new Set([2]) })];
    assert.deepEqual(counts(compareWithLedger(ledger(creations), [row(), row({ id: 2, title: 'two' })])), [0, 0, 0, 0]);
  });

  test('allows what was sent once and not acknowledged to be there or not', () => {
    const creations = [creation({ ids: new Set() })];
    assert.deepEqual(counts(compareWithLedger(ledger(creations), [])), [0, 0, 0, 0]);
    assert.deepEqual(counts(compareWithLedger(ledger(creations), [row()])), [0, 0, 0, 0]);
  });

  test('finds what was sent once and is there twice, acknowledged or not', () => {
    for (const ids of [new Set([1]), new Set<number>()]) {
      const compared = compareWithLedger(ledger([creation({ ids })]), [row(), row({ id: 2 })]);
      assert.deepEqual(counts(compared), [0, 1, 0, 0]);
      assert.match(compared.doubled[0] ?? '', /sent once.* task 2/);
    }
  });

  test('finds each row too many of what was sent with one key', () => {
    const creations = [creation({ key: 'k', ids: new Set([1, 3]) })];
    assert.deepEqual(counts(compareWithLedger(ledger(creations), [row(), row({ id: 2 }), row({ id: 3 })])), [0, 2, 0, 0]);
  });

  test('finds what was acknowledged and is not there, or is there under another title', () => {
    assert.deepEqual(counts(compareWithLedger(ledger([creation()]), [])), [1, 0, 0, 0]);
    assert.deepEqual(counts(compareWithLedger(ledger([creation()]), [row({ title: 'other' })])), [1, 0, 1, 0]);
    assert.deepEqual(counts(compareWithLedger(ledger([creation({ ids: new Set([Number.NaN]) })]), [row()])), [1, 0, 0, 0]);
  });

  test('finds a keyed creation that never was acknowledged', () => {
    assert.deepEqual(counts(compareWithLedger(ledger([creation({ key: 'k', ids: new Set() })]), [row()])), [0, 0, 0, 1]);
  });

  test('finds a row of another user, and one that nobody sent', () => {
    assert.deepEqual(counts(compareWithLedger(ledger([creation()]), [row({ user_id: 'eve' })])), [0, 0, 1, 0]);
    assert.deepEqual(counts(compareWithLedger(ledger([creation()]), [row(), row({ id: 2, title: 'stray' })])), [0, 0, 1, 0]);
  });

  test('finds an acknowledged update that is not there, unless a later one may have been carried out', () => {
    const compare = (description: string | null, contents: Contents): number[] =>
      counts(compareWithLedger(ledger([creation()], [[1, contents]]), [row({ description })]));
    assert.deepEqual(compare('b', { acknowledged: 'b', uncertain: undefined }), [0, 0, 0, 0]);
    assert.deepEqual(compare('a', { acknowledged: 'b', uncertain: undefined }), [1, 0, 0, 0]);
    assert.deepEqual(compare(null, { acknowledged: 'b', uncertain: 'c' }), [1, 0, 0, 0]);
    for (const description of ['b', 'c']) assert.deepEqual(compare(description, { acknowledged: 'b', uncertain: 'c' }), [0, 0, 0, 0]);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareWithWriteLog, type Comparison, type DescriptionState, type LoggedCreation, type WriteLog, type TaskRow } from './write-log.ts';

const creation = (changes: Partial<LoggedCreation> = {}): LoggedCreation => ({
  userId: 'ada',
  title: 'one',
  key: undefined,
  ids: new Set([1]),
  ...changes,
});
const row = (changes: Partial<TaskRow> = {}): TaskRow => ({ id: 1, user_id: 'ada', title: 'one', description: null, ...changes });
const log = (creations: LoggedCreation[], descriptions: [number, DescriptionState][] = []): WriteLog => ({
  creations,
  descriptions: new Map(descriptions),
});
const counts = ({ lost, doubled, unexpected, unacknowledged }: Comparison): number[] => [
  lost.length,
  doubled.length,
  unexpected.length,
  unacknowledged.length,
];

describe('comparing the write log with the table', () => {
  test('finds nothing when every acknowledged creation has one row', () => {
    const creations = [creation(), creation({ title: 'two', key: 'k', ids: new Set([2]) })];
    assert.deepEqual(counts(compareWithWriteLog(log(creations), [row(), row({ id: 2, title: 'two' })])), [0, 0, 0, 0]);
  });

  test('accepts a row, or none, for a creation that was sent once and not acknowledged', () => {
    const creations = [creation({ ids: new Set() })];
    assert.deepEqual(counts(compareWithWriteLog(log(creations), [])), [0, 0, 0, 0]);
    assert.deepEqual(counts(compareWithWriteLog(log(creations), [row()])), [0, 0, 0, 0]);
  });

  test('finds duplicates of a creation that was sent once, acknowledged or not', () => {
    for (const ids of [new Set([1]), new Set<number>()]) {
      const compared = compareWithWriteLog(log([creation({ ids })]), [row(), row({ id: 2 })]);
      assert.deepEqual(counts(compared), [0, 1, 0, 0]);
      assert.match(compared.doubled[0] ?? '', /sent once.* task 2/);
    }
  });

  test('finds each duplicate of a creation that was sent with one key', () => {
    const creations = [creation({ key: 'k', ids: new Set([1, 3]) })];
    assert.deepEqual(counts(compareWithWriteLog(log(creations), [row(), row({ id: 2 }), row({ id: 3 })])), [0, 2, 0, 0]);
  });

  test('finds acknowledged creations that are missing or have another title', () => {
    assert.deepEqual(counts(compareWithWriteLog(log([creation()]), [])), [1, 0, 0, 0]);
    assert.deepEqual(counts(compareWithWriteLog(log([creation()]), [row({ title: 'other' })])), [1, 0, 1, 0]);
    assert.deepEqual(counts(compareWithWriteLog(log([creation({ ids: new Set([Number.NaN]) })]), [row()])), [1, 0, 0, 0]);
  });

  test('finds a keyed creation that was never acknowledged', () => {
    assert.deepEqual(counts(compareWithWriteLog(log([creation({ key: 'k', ids: new Set() })]), [row()])), [0, 0, 0, 1]);
  });

  test('finds a row of another user, and one that was never sent', () => {
    assert.deepEqual(counts(compareWithWriteLog(log([creation()]), [row({ user_id: 'eve' })])), [0, 0, 1, 0]);
    assert.deepEqual(counts(compareWithWriteLog(log([creation()]), [row(), row({ id: 2, title: 'stray' })])), [0, 0, 1, 0]);
  });

  test('finds an acknowledged update that is missing, unless a later one may have taken effect', () => {
    const compare = (description: string | null, descriptions: DescriptionState): number[] =>
      counts(compareWithWriteLog(log([creation()], [[1, descriptions]]), [row({ description })]));
    assert.deepEqual(compare('b', { acknowledged: 'b', uncertain: undefined }), [0, 0, 0, 0]);
    assert.deepEqual(compare('a', { acknowledged: 'b', uncertain: undefined }), [1, 0, 0, 0]);
    assert.deepEqual(compare(null, { acknowledged: 'b', uncertain: 'c' }), [1, 0, 0, 0]);
    for (const description of ['b', 'c']) assert.deepEqual(compare(description, { acknowledged: 'b', uncertain: 'c' }), [0, 0, 0, 0]);
  });
});

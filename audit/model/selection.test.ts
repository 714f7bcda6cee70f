import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Cell, isTried } from './matrix.ts';
import { collectionsFor, MOST_COLLECTIONS, selectCells } from './selection.ts';

type Sent = Cell<{ sent: string }>;
const ROWS = ['a', 'b', 'c', 'd', 'e'];
const COLUMNS = ['read', 'update', 'delete'];

function matrix(rows = ROWS, columns = COLUMNS): Sent[] {
  return rows.flatMap((row) => columns.map((column): Sent => ({ row, column, sent: `${row} ${column}` })));
}

function triedOf(cells: readonly Sent[]): string[] {
  return cells.flatMap((cell) => (isTried(cell) ? [cell.sent] : []));
}

describe('the cells that are selected', () => {
  test('try every row and every column, with as few requests as that takes, spread over the columns', () => {
    const selected = selectCells(matrix(), 0, 'few');
    const tried = selected.filter(isTried);
    assert.deepEqual(new Set(tried.map(({ row }) => row)), new Set(ROWS));
    assert.equal(tried.length, ROWS.length);
    for (const column of COLUMNS) assert.ok(tried.filter((cell) => cell.column === column).length <= 2, column);
    assert.deepEqual(
      selected.filter((cell) => 'omitted' in cell).map((cell) => 'omitted' in cell && cell.omitted),
      Array.from({ length: 10 }, () => 'few'),
    );
  });

  test('differ between the turns', () => {
    const turns = ROWS.map((_, turn) => triedOf(selectCells(matrix(), turn, 'few')));
    assert.ok(new Set(turns.flat()).size > ROWS.length);
  });

  test('never include what is excluded', () => {
    const cells: Sent[] = [{ row: 'a', column: 'read', excluded: 'harm' }, ...matrix(['b'], ['read'])];
    assert.deepEqual(triedOf(selectCells(cells, 0, 'few')), ['b read']);
    assert.deepEqual(selectCells(cells, 0, 'few')[0], cells[0]);
  });
});

describe('the collections of a check', () => {
  test('are all of few', () => {
    assert.deepEqual(collectionsFor(['a', 'b', 'c', 'd'], 7), ['a', 'b', 'c', 'd']);
  });

  test('are of many the main one and others, of which successive checks have different ones', () => {
    const names = Array.from({ length: 30 }, (_, index) => `c${index}`);
    const all = Array.from({ length: 10 }, (_, check) => collectionsFor(names, check));
    for (const each of all) {
      assert.equal(each[0], 'c0');
      assert.equal(new Set(each).size, MOST_COLLECTIONS);
    }
    assert.equal(new Set(all.flat()).size, 30);
  });
});

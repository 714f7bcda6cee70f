import assert from 'node:assert/strict';
import test from 'node:test';
import { type Cell, coverageOf, takeTurns, withMinimum } from './matrix.ts';
import { conclude, observePass } from './verdict.ts';

type Sent = { id: string };

const passed = conclude([observePass('held', { id: '1' })], 'All held.');
const tried = (row: string, column: string): Cell<Sent> => ({ row, column, id: `${row} ${column}` });

test('counts the cells of a matrix by what happened to them', () => {
  const cells: Cell<Sent>[] = [
    tried('expired', 'list'),
    tried('expired', 'list'),
    tried('expired', 'read'),
    { row: 'expired', column: 'remove', excluded: 'it would delete' },
    { row: 'forged', column: 'list', omitted: 'one bucket' },
    { row: 'forged', column: 'read', omitted: 'one bucket' },
  ];
  assert.deepEqual(coverageOf(cells), {
    cells: 5,
    tried: 2,
    left: [
      { reason: 'it would delete', cells: 1 },
      { reason: 'one bucket', cells: 2 },
    ],
  });
});

test('does not pass where a kind of attack was left out everywhere', () => {
  const cells = [tried('expired', 'list'), tried('expired', 'read'), { row: 'forged', column: 'list', omitted: 'one bucket' }];
  const verdict = withMinimum(passed, cells);
  assert.equal(verdict.outcome, 'inconclusive');
  assert.match(verdict.summary, /forged/);
  assert.deepEqual(verdict.observations, passed.observations);
});

test('does not pass where nothing was tried on an operation', () => {
  const omitted = ['b', 'c'].map((column) => ({ row: 'expired', column, omitted: 'one bucket' }));
  assert.match(withMinimum(passed, [tried('expired', 'a'), ...omitted]).summary, /: b\.$/);
  assert.equal(withMinimum(passed, [tried('expired', 'a'), ...omitted, tried('forged', 'b'), tried('forged', 'c')]).outcome, 'pass');
});

test('ignores a column that is left to other checks', () => {
  const others = ['expired', 'forged'].map((row) => ({ row, column: 'c', omitted: 'many collections', isWholeColumn: true as const }));
  assert.equal(withMinimum(passed, [tried('expired', 'a'), ...others]).outcome, 'pass');
  assert.equal(coverageOf([tried('expired', 'a'), ...others]).cells, 3);
});

test('does not count what cannot be tried as left out', () => {
  const cells = [tried('expired', 'a'), ...['b', 'c'].map((column) => ({ row: 'forged', column, excluded: 'it would write' }))];
  assert.equal(withMinimum(passed, cells).outcome, 'pass');
});

test('gives each column a member of a class, in turn', () => {
  assert.deepEqual(
    [0, 1, 2].map((column) => takeTurns(['a', 'b'], column)),
    ['a', 'b', 'a'],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStatementNames } from './statement-names.ts';

test('a text has one name, of its own, that PostgreSQL does not cut short', () => {
  const [one, another] = [createStatementNames(), createStatementNames()];
  const name = one.nameOf('select 1');
  assert.equal(one.nameOf('select 1'), name);
  assert.equal(another.nameOf('select 1'), name, 'whoever shares a connection must mean the same by it');
  assert.notEqual(one.nameOf('select 2'), name);
  // NAMEDATALEN - 1
  assert.ok(name !== undefined && name.length <= 63);
});

test('a hundred texts are named', () => {
  const names = createStatementNames();
  const named = Array.from({ length: 150 }, (_, count) => names.nameOf(`select ${count}`));
  assert.equal(named.filter((name) => name !== undefined).length, 100);
  assert.equal(names.nameOf('select 0'), named[0]);
});

test('nothing is named once that was given up', () => {
  const names = createStatementNames();
  names.nameOf('select 1');
  names.giveUp();
  assert.equal(names.nameOf('select 1'), undefined);
  assert.equal(names.nameOf('select 2'), undefined);
});

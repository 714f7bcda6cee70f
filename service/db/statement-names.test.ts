import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStatementNames } from './statement-names.ts';

test('a text has one unique name, which PostgreSQL does not truncate', () => {
  const [one, another] = [createStatementNames(), createStatementNames()];
  const { name } = one.statementOf('select 1');
  assert.deepEqual(one.statementOf('select 1'), { text: 'select 1', name });
  assert.equal(another.statementOf('select 1').name, name, 'clients that share a connection must use the same name');
  assert.notEqual(one.statementOf('select 2').name, name);
  // NAMEDATALEN - 1
  assert.ok(name !== undefined && name.length <= 63);
});

test('a hundred texts are named', () => {
  const names = createStatementNames();
  const named = Array.from({ length: 150 }, (_, count) => names.statementOf(`select ${count}`));
  assert.equal(named.filter(({ name }) => name !== undefined).length, 100);
  assert.equal(names.statementOf('select 0'), named[0]);
  assert.deepEqual(named[149], { text: 'select 149' });
});

test('no text is named after names were disabled', () => {
  const names = createStatementNames();
  names.statementOf('select 1');
  names.disable();
  assert.deepEqual(names.statementOf('select 1'), { text: 'select 1' });
  assert.deepEqual(names.statementOf('select 2'), { text: 'select 2' });
});

test('an outdated statement is replaced once by one with another text and name, which finds the same rows', () => {
  const names = createStatementNames();
  const [first, other] = [names.statementOf('select 1'), names.statementOf('select 2')];
  names.renew('select 1', first);
  const second = names.statementOf('select 1');
  assert.notEqual(second.name, first.name);
  assert.match(second.text, /^select 1 \/\* [0-9a-f]+ \*\/$/);
  names.renew('select 1', first);
  assert.equal(names.statementOf('select 1'), second, 'a second caller with the first statement changes nothing');
  names.renew('select 1', second);
  assert.notEqual(names.statementOf('select 1').name, second.name);
  assert.equal(names.statementOf('select 2'), other);
});

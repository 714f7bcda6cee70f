import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FIRST_ARRAY, idIn, itemsIn, payload, valueAt } from './payload.ts';

const TASK = { id: 7, title: 'a' };

describe('payload', () => {
  test('is the object in an envelope', () => {
    for (const envelope of [{ data: TASK }, { success: true, message: 'ok', data: { task: TASK } }, { task: TASK, meta: { version: 2 } }])
      assert.deepEqual(payload(envelope), TASK);
  });

  test('is the value itself where it is not an envelope', () => {
    for (const value of [TASK, { ...TASK, author: { id: 1 } }, { data: [TASK] }, [TASK], 'text', null, { a: { b: 1 }, c: { d: 2 } }, { data: {} }])
      assert.equal(payload(value), value);
  });
});

describe('idIn', () => {
  test('is the property of the contract, or a usual one', () => {
    assert.deepEqual(
      [idIn({ data: { slug: 's', id: 1 } }, 'slug'), idIn({ _id: 'a' }, 'id'), idIn({ title: 'a', project_id: 3 }, 'id')],
      ['s', 'a', undefined],
    );
  });
});

describe('itemsIn', () => {
  test('are at the documented path, and nowhere else', () => {
    assert.deepEqual(itemsIn([TASK], undefined), [TASK]);
    assert.deepEqual(itemsIn({ data: { tasks: [TASK] } }, 'data.tasks'), [TASK]);
    assert.equal(itemsIn({ tasks: [TASK] }, 'items'), undefined);
    assert.equal(itemsIn({ tasks: [TASK] }, undefined), undefined);
  });

  test('are the first array where the contract documents none', () => {
    for (const body of [[TASK], { items: [TASK] }, { success: true, errors: [], data: { total: 1, tasks: [TASK] } }])
      assert.deepEqual(itemsIn(body, FIRST_ARRAY), [TASK]);
    assert.equal(itemsIn({ title: 'not found' }, FIRST_ARRAY), undefined);
  });
});

test('valueAt follows names separated by dots', () => {
  assert.deepEqual([valueAt({ meta: { total: 3 } }, 'meta.total'), valueAt({ meta: 1 }, 'meta.total'), valueAt(5, undefined)], [3, undefined, 5]);
});

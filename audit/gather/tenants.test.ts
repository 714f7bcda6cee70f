import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContract } from '../contract/contract.ts';
import { bodyOf } from './tenants.ts';

const { resource } = readContract('contract/openapi.json');
const { create, textProperties, textProperty } = resource;
const update = resource.onItem.find(({ method }) => method === 'PUT');
const TEXT = 'audit-canary-0123456789abcdef';

test('every creation has all text properties, also where the example of the contract has none of them', () => {
  for (const sample of [create.sample, { completed: true }]) {
    const { body } = bodyOf({ ...create, sample }, resource, TEXT);
    assert.deepEqual(body, { ...(sample as object), ...Object.fromEntries(textProperties.map((name) => [name, TEXT])) });
  }
  assert.ok(textProperties.length > 1);
});

test('another operation has the required text, and only where its body has that property', () => {
  assert.ok(update);
  assert.deepEqual(bodyOf({ ...update, sample: { [textProperty]: 'old' } }, resource, TEXT), { body: { [textProperty]: TEXT } });
  assert.deepEqual(bodyOf({ ...update, sample: { completed: true } }, resource, TEXT), { body: { completed: true } });
  assert.deepEqual(bodyOf({ ...update, sample: undefined }, resource, TEXT), {});
});

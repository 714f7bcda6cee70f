import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAgreement, parseResponse } from './benchmark-routes.ts';

test('responses agree only when they have the same instants', () => {
  const [expected, other, late] = ['2026-01-01T00:00:05Z', '2026-01-01T00:00:05.000+00:00', '2026-01-01T00:00:06Z'].map((created_at) =>
    parseResponse(JSON.stringify({ tasks: [{ id: 1, created_at }] })),
  );
  assertAgreement('list', 'a peer', [other], [expected]);
  assert.throws(() => assertAgreement('list', 'a peer', [late], [expected]), /a peer: the response to list differs from the service's/);
});

test('the response must have what was written, and no field may be missing', () => {
  const written = { id: 1, title: 'Call supplier 12', description: 'Mention the delivery', priority: 'high' };
  assertAgreement('create', 'a peer', [{ ...written, id: 2 }], [written]);
  assert.throws(() => assertAgreement('create', 'a peer', [{ ...written, title: 'another' }], [written]), /differs from the service's/);
  assert.throws(() => assertAgreement('create', 'a peer', [{ title: written.title }], [written]), /differs from the service's/);
});

import assert from 'node:assert/strict';
import type { Exchange } from '../../model/exchange.ts';
import type { MethodOverrideEvidence } from './gather-method-override.ts';
import { setResponse, attacked, canary, examine, exchange, LIST, nth, problem, reading, setBody, removeResponse } from '../../test/exchanges.ts';
import { judgeMethodOverride } from './judge-method-override.ts';

function evidence(): MethodOverrideEvidence {
  const columns = ['DELETE', 'PATCH'].map((method, index) => ({
    column: method,
    victim: attacked(index + 1, `audit-canary-${index}`.padEnd(29, 'a')),
  }));
  return {
    cells: columns.map(({ column, victim }) => ({
      row: 'headers of a POST',
      column,
      exchange: exchange({ method: 'POST', path: `${LIST}/${victim.id}`, purpose: `headers of a POST for ${column}` }, problem(405)),
    })),
    victims: columns.map((each) => ({ ...each, after: reading(each.victim) })),
    creations: [canary(9, 'audit-canary-9999999999999999')],
  };
}

function attempt({ cells }: { cells: readonly object[] }): Exchange {
  const cell = nth(cells);
  assert.ok('exchange' in cell);
  return cell.exchange as Exchange;
}

examine(
  'judgeMethodOverride',
  judgeMethodOverride,
  evidence,
  [
    ['the object is deleted', ({ victims }) => setResponse(nth(victims).after, problem(404)), 'fail', 'override-honored'],
    ['the object is changed', ({ victims }) => setBody(nth(victims, 1).after, { title: 'changed' }), 'fail', 'override-honored'],
    [
      'a creation returns a list',
      ({ creations }) => ((nth(creations).id = ''), setResponse(nth(creations).created, { body: { tasks: [] } })),
      'fail',
      'override-honored',
    ],
    ['a creation with an override is rejected', ({ creations }) => setResponse(nth(creations).created, problem(400)), 'pass'],
    ['the method is unknown to the server', (all) => setResponse(attempt(all), problem(501)), 'pass'],
    ['the override is ignored, and the method is served', (all) => setResponse(attempt(all), { body: {} }), 'pass'],
    ['the request had no response', (all) => removeResponse(attempt(all)), 'inconclusive', 'no-answer'],
    [
      'the owner could not read the object before',
      ({ victims }) => setResponse(nth(victims).victim.before, problem(404)),
      'inconclusive',
      'no-victim',
    ],
    [
      'the creation had fewer fields than a read',
      ({ victims }) => setResponse(nth(victims).victim.created, { status: 201, body: { id: 1 } }),
      'pass',
    ],
    ['the owner could not read it again', ({ victims }) => setResponse(nth(victims).after, problem(429)), 'inconclusive', 'rate-limited'],
    ['nothing was tried', (all) => (all.cells = []), 'inconclusive', 'nothing-tried'],
  ],
  { ignores: { 'victims[*].victim.created': "the owner's first read shows that the object exists" } },
);

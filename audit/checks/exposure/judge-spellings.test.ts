import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isTried } from '../../model/matrix.ts';
import type { Exchange } from '../../model/exchange.ts';
import { attacked, examine, exchange, LIST, nth, problem, reading, removeResponse, setBody, setResponse } from '../../test/exchanges.ts';
import type { SpellingsEvidence } from './gather-spellings.ts';
import { judgeSpellings } from './judge-spellings.ts';
import { spellingClasses } from './spellings.ts';

const TEXT = 'audit-canary-aaaaaaaaaaaaaaaa';
const PAGE = { status: 400, body: '<h1>Bad Request</h1>', headers: { 'content-type': 'text/html' } };

function evidence(): SpellingsEvidence {
  const sent = (method: string, path: string): Exchange => exchange({ method, path, actor: 'tenant B', step: 'spelling' }, problem(404));
  const victim = attacked(1, TEXT);
  const own = exchange({ path: `${LIST}/1/`, step: 'spelling' }, { body: { title: TEXT } });
  return {
    cells: [
      { row: 'repeated slashes', column: 'GET', attempts: [{ foreign: sent('GET', `${LIST}/1/`), own }] },
      { row: 'backslashes', column: 'PUT', attempts: [{ foreign: sent('PUT', `${LIST}/1/%5C`) }] },
      { row: 'upper case', column: 'PUT', excluded: 'harmful' },
    ],
    victims: ['GET', 'PUT'].map((column) => ({ column, victim, after: reading(victim) })),
  };
}

function foreignOf({ cells }: Pick<SpellingsEvidence, 'cells'>, index = 0): Exchange {
  const cell = nth(cells, index);
  assert.ok(isTried(cell));
  return nth(cell.attempts).foreign;
}

examine(
  'judgeSpellings',
  judgeSpellings,
  evidence,
  [
    ['a spelling returns the object', (all) => setResponse(foreignOf(all), { body: { title: TEXT } }), 'fail', 'object-shown'],
    ['an error quotes the object', (all) => setResponse(foreignOf(all), { ...problem(500), body: TEXT }), 'fail', 'object-shown'],
    ['a spelling changes the object', ({ victims }) => setBody(nth(victims, 1).after, { title: 'changed' }), 'fail', 'object-changed'],
    ['a spelling deletes the object', ({ victims }) => setResponse(nth(victims, 1).after, problem(404)), 'fail', 'object-changed'],
    ['a spelling returns the own list', (all) => setResponse(foreignOf(all), { body: { tasks: [] } }), 'pass'],
    ['a router redirects', (all) => setResponse(foreignOf(all), { status: 308, body: '', headers: { location: `${LIST}/1` } }), 'pass'],
    ['a proxy rejects the path with a page', (all) => setResponse(foreignOf(all), PAGE), 'pass'],
    ['the method is not implemented', (all) => setResponse(foreignOf(all), problem(501)), 'pass'],
    ['the target fails', (all) => setResponse(foreignOf(all), problem(500)), 'inconclusive', 'server-error'],
    ['the target does not respond', (all) => removeResponse(foreignOf(all, 1)), 'inconclusive', 'no-answer'],
    ['the owner cannot read it before', ({ victims }) => setResponse(nth(victims).victim.before, problem(404)), 'inconclusive', 'no-victim'],
    ['nothing was tried', (all) => (all.cells = []), 'inconclusive', 'nothing-tried'],
  ],
  {
    ignores: {
      'victims[*].victim.created': "the owner's first read shows that the object exists",
      'cells[*].attempts[*].own': 'for the summary only',
    },
  },
);

describe('spellingClasses', () => {
  const documented = { method: 'PUT', path: '/api/v1/tags/17', collection: '/api/v1/tags', undocumented: ['PATCH'] } as const;

  test('differ from the documented request, and from each other', () => {
    const spelled = spellingClasses.flatMap(({ spell }) => spell(documented).map((each) => JSON.stringify({ path: documented.path, ...each })));
    assert.equal(new Set(spelled).size, spelled.length);
    assert.ok(!spelled.includes(JSON.stringify({ path: documented.path })));
  });

  test('omit, replace and add parts of the prefix', () => {
    const paths =
      spellingClasses
        .find(({ name }) => name === 'other versions and prefixes')
        ?.spell(documented)
        .map(({ path }) => path) ?? [];
    for (const expected of ['/tags/17', '/v1/tags/17', '/api/tags/17', '/api/v0/tags/17', '/internal/api/v1/tags/17'])
      assert.ok(paths.includes(expected), `${expected} is not among ${paths.join(', ')}`);
  });
});

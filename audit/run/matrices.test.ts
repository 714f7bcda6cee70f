import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { readContract } from '../contract/contract.ts';
import type { Exchange } from '../model/exchange.ts';
import type { BrowserCorsEvidence, PageEvidence } from '../checks/cors-browser/gather.ts';
import { canary, exchange, found, listing, problem, reading, readFetch, blockedFetch, removeResponse, task } from '../test/exchanges.ts';
import { corsRows, isolationRows } from './matrices.ts';

const { resources } = readContract(path.join(import.meta.dirname, '..', '..', 'contract', 'openapi.json'));
const tasks = found(resources.find(({ name }) => name === 'tasks'));
const tags = found(resources.find(({ name }) => name === 'tags'));
const asB = (method: string, at: string, status: number): Exchange =>
  exchange({ method, path: at, actor: 'tenant B' }, status < 400 ? { status } : problem(status));

describe('the matrix of isolation', () => {
  const victim = canary(7, 'audit-canary-1');
  const update = found(tasks.onItem.find(({ method }) => method === 'PUT'));

  test('has for each collection its operations on an object, its lists and its references', () => {
    const byId = [tasks, tags].map(({ name, read }) => ({
      collection: name,
      objects: [0, 1].map(() => ({ ownerBefore: reading(victim), ownerAfter: reading(victim) })),
      operations: [{ operation: read, attempts: [0, 1].map((on) => ({ on, exchange: asB('GET', '/x', 404) })), unknown: asB('GET', '/x', 404) }],
    }));
    const lists = [{ ofA: victim, listA: listing('tenant A', [task(7, victim.text)]), listB: listing('tenant B', [task(8, 'another')]) }];
    const references = [
      {
        name: 'tasks that refer to tags',
        own: asB('POST', tasks.create.path, 201),
        attempts: [
          { foreign: asB('POST', tasks.create.path, 422), unknown: asB('POST', tasks.create.path, 422) },
          { foreign: asB('PUT', `${tasks.list.path}/8`, 404), unknown: asB('PUT', `${tasks.list.path}/8`, 422) },
        ],
      },
    ];
    assert.deepEqual(
      isolationRows({ byId, lists, references }, [tasks, tags]).map((row) => Object.values(row)),
      [
        ['tasks', tasks.read.id, 'GET', tasks.read.path, '404', '404', '200, unchanged'],
        ['tasks', tasks.list.id, 'GET', tasks.list.path, '200, not shown', '', '200, shown'],
        ['tasks', 'tasks that refer to tags', 'POST', tasks.create.path, '422', '422', ''],
        ['tasks', 'tasks that refer to tags', 'PUT', update.path, '404', '422', ''],
        ['tags', tags.read.id, 'GET', tags.read.path, '404', '404', '200, unchanged'],
      ],
    );
  });

  test('states which objects were shown or changed, and which requests got no response', () => {
    const nothing = asB('GET', '/x', 404);
    removeResponse(nothing);
    const byId = [
      {
        collection: 'tasks',
        objects: [asB('GET', '/x', 404), reading(victim)].map((ownerAfter) => ({ ownerBefore: reading(victim), ownerAfter })),
        operations: [
          { operation: tasks.read, attempts: [404, 200].map((status, on) => ({ on, exchange: asB('GET', '/x', status) })), unknown: nothing },
        ],
      },
    ];
    const lists = [{ ofA: victim, listA: listing('tenant A', []), listB: listing('tenant B', [task(7, victim.text)]) }];
    assert.deepEqual(
      isolationRows({ byId, lists, references: [] }, resources).map(({ foreign, unknown, ownerAfter }) => [foreign, unknown, ownerAfter]),
      [
        ['200; 404', 'connect ECONNREFUSED', '200, unchanged; 404, changed'],
        ['200, shown', '', '200, not shown'],
      ],
    );
  });

  test('is empty without evidence', () => {
    assert.deepEqual(isolationRows({ byId: [], lists: [], references: [] }, resources), []);
  });
});

test('the matrix of origins states how the browser treated each request of each page', () => {
  const page = (kind: string, origin: string, fetches: PageEvidence['fetches']): PageEvidence => ({
    group: 'lookalike',
    kind,
    origin,
    controls: [],
    fetches,
  });
  const blocked = blockedFetch({ origin: 'https://foreign-site.example', method: 'DELETE', purpose: 'preflighted DELETE' });
  const { blockedBecause: _, ...unexplained } = blocked;
  const evidence: Pick<BrowserCorsEvidence, 'allowed' | 'unlisted'> = {
    allowed: page('the app', 'https://tasks-app.vercel.app', [readFetch({ purpose: 'simple GET' })]),
    unlisted: [page('foreign', 'https://foreign-site.example', [blocked, unexplained])],
  };
  assert.deepEqual(
    corsRows(evidence).map((row) => Object.values(row)),
    [
      ['the app', 'https://tasks-app.vercel.app', 'GET', 'simple GET', 'readable, 200'],
      ['foreign', 'https://foreign-site.example', 'DELETE', 'preflighted DELETE', 'PreflightMissingAllowOriginHeader'],
      ['foreign', 'https://foreign-site.example', 'DELETE', 'preflighted DELETE', 'unreadable'],
    ],
  );
});

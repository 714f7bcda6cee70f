import type { Exchange } from '../model/exchange.ts';
import type { ListsEvidence } from '../checks/isolation/gather-lists.ts';
import { canary, exchange, LIST, listing, problem, reading, task } from './exchanges.ts';

export const LISTED = { property: 'tasks', total: 'total', id: 'id', text: 'title', page: 'page', most: 100 };

/** Lists of two tenants as a sound API returns them. */
export function listsEvidence(): ListsEvidence {
  const ofA = canary(1, 'audit-canary-aaaaaaaaaaaaaaaa');
  const ofB = canary(2, 'audit-canary-bbbbbbbbbbbbbbbb', 'tenant B');
  const [a, b] = [task(1, ofA.text), task(2, ofB.text)];
  const concurrent = [canary(21, 'audit-canary-concurrent-a'), canary(22, 'audit-canary-concurrent-b', 'tenant B')];
  const forged = canary(3, 'audit-canary-ffffffffffffffff', 'tenant B');
  const given = canary(4, 'audit-canary-9999999999999999', 'tenant B');
  const anonymous = (id: string): Exchange => exchange({ path: `${LIST}/${id}`, actor: 'anonymous' }, problem(401));
  return {
    listed: LISTED,
    ofA,
    ofB,
    listA: listing('tenant A', [a]),
    listB: listing('tenant B', [b]),
    asA: [
      listing('tenant B', [b], 'user_id in the query'),
      exchange({ path: `${LIST}?user_id[]=a`, actor: 'tenant B', purpose: 'user_id[] in the query' }, problem(422)),
      listing('tenant B', [b], 'X-User-ID'),
      { ...listing('tenant B', [], "search for A's text"), step: 'search' },
    ],
    forged: {
      canary: {
        ...forged,
        created: exchange({ method: 'POST', path: LIST, actor: 'tenant B' }, { status: 201, body: { ...task(3, forged.text), user_id: 'tenant-b' } }),
      },
      listA: listing('tenant A', [a]),
    },
    lookups: [
      {
        byA: exchange({ path: `${LIST}/autocomplete?q=${ofA.text}`, actor: 'tenant A' }, { body: { tasks: [a] } }),
        byB: exchange({ path: `${LIST}/autocomplete?q=${ofA.text}`, actor: 'tenant B' }, { body: { tasks: [] } }),
        quoted: [exchange({ path: `${LIST}/autocomplete?q='`, actor: 'tenant B' }, { body: { tasks: [] } })],
      },
    ],
    lookupsWithoutText: [exchange({ path: `${LIST}/autocomplete`, actor: 'tenant B', purpose: 'without a text' }, { body: { tasks: [b] } })],
    quoted: [listing('tenant B', [], 'a text with quotes'), listing('tenant B', [b], 'a text with quotes')],
    twins: { ofA: canary(5, 'audit-canary-twin'), ofB: canary(6, 'audit-canary-twin', 'tenant B') },
    filtered: [listing('tenant B', [b], 'a documented query'), listing('tenant B', [], 'a documented query')],
    given: { canary: given, updated: exchange({ method: 'PUT', path: `${LIST}/4`, actor: 'tenant B' }, { body: task(4, given.text) }) },
    anonymousUnknown: anonymous('2147483646'),
    interleaved: (['tenant A', 'tenant B', 'tenant A', 'tenant B'] as const).map((actor) => ({
      actor,
      exchange: reading(actor === 'tenant A' ? ofA : ofB),
    })),
    writes: {
      canaries: concurrent,
      listA: listing('tenant A', [a, task(21, 'audit-canary-concurrent-a')]),
      listB: listing('tenant B', [b, task(22, 'audit-canary-concurrent-b')]),
    },
    userIdOfA: 'tenant-a',
    ownerProperty: 'user_id',
  };
}

import type { MethodOverrideEvidence } from './gather-method-override.ts';
import { setResponse, attacked, canary, examine, exchange, LIST, nth, problem, reading, setBody, removeResponse } from '../../test/exchanges.ts';
import { judgeMethodOverride } from './judge-method-override.ts';

function evidence(): MethodOverrideEvidence {
  return {
    attempts: ['POST with headers for DELETE', 'POST with _method=DELETE in the query'].map((name, index) => {
      const victim = attacked(index + 1, `audit-canary-${index}`.padEnd(29, 'a'));
      return {
        name,
        victim,
        exchange: exchange({ method: 'POST', path: `${LIST}/${index + 1}`, purpose: name }, problem(405)),
        after: reading(victim),
      };
    }),
    creation: canary(9, 'audit-canary-9999999999999999'),
  };
}

examine(
  'judgeMethodOverride',
  judgeMethodOverride,
  evidence,
  [
    ['the object is deleted', ({ attempts }) => setResponse(nth(attempts).after, problem(404)), 'fail', 'override-honored'],
    ['the object is changed', ({ attempts }) => setBody(nth(attempts, 1).after, { title: 'changed' }), 'fail', 'override-honored'],
    [
      'a creation returns a list',
      ({ creation }) => ((creation.id = ''), setResponse(creation.created, { body: { tasks: [] } })),
      'fail',
      'override-honored',
    ],
    ['a creation with an override is rejected', ({ creation }) => setResponse(creation.created, problem(400)), 'pass'],
    ['the method is unknown to the server', ({ attempts }) => setResponse(nth(attempts).exchange, problem(501)), 'pass'],
    ['the override is ignored, and the method is served', ({ attempts }) => setResponse(nth(attempts).exchange, { body: {} }), 'pass'],
    ['the request had no response', ({ attempts }) => removeResponse(nth(attempts).exchange), 'inconclusive', 'no-answer'],
    [
      'the owner could not read the object before',
      ({ attempts }) => setResponse(nth(attempts).victim.before, problem(404)),
      'inconclusive',
      'no-victim',
    ],
    [
      'the creation had fewer fields than a read',
      ({ attempts }) => setResponse(nth(attempts).victim.created, { status: 201, body: { id: 1 } }),
      'pass',
    ],
    ['the owner could not read it again', ({ attempts }) => setResponse(nth(attempts).after, problem(429)), 'inconclusive', 'rate-limited'],
    ['nothing was tried', (all) => (all.attempts = []), 'inconclusive', 'nothing-tried'],
  ],
  { ignores: { 'attempts[*].victim.created': "the owner's first read shows that the object exists" } },
);

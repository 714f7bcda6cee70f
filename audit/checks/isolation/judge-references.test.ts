import type { ReferencesEvidence } from './gather-references.ts';
import { setResponse, canary, exchange, examine, LIST, nth, problem, setBody, removeResponse, task } from '../../test/exchanges.ts';
import { judgeReferences } from './judge-references.ts';

function evidence(): ReferencesEvidence {
  const ofA = canary(1, 'audit-canary-aaaaaaaaaaaaaaaa');
  const ofB = canary(2, 'audit-canary-bbbbbbbbbbbbbbbb', 'tenant B');
  const mine = { ...task(5, 'audit-canary-5555555555555555'), tags: [{ id: 2, name: ofB.text }] };
  const rejected = (method: string, path: string, purpose: string): ReturnType<typeof exchange> =>
    exchange({ method, path, actor: 'tenant B', purpose }, problem(422));
  return [
    {
      name: 'tasks that refer to tags',
      ofA,
      ofB,
      own: exchange({ method: 'POST', path: LIST, actor: 'tenant B' }, { status: 201, body: mine }),
      ofAToOwn: exchange({ method: 'POST', path: LIST }, { status: 201, body: { ...task(6, 'x'), tags: [{ id: 1, name: ofA.text }] } }),
      attempts: [
        { foreign: rejected('POST', LIST, "A's tag"), unknown: rejected('POST', LIST, 'no tag') },
        { foreign: rejected('PUT', `${LIST}/5`, "A's tag"), unknown: rejected('PUT', `${LIST}/5`, 'no tag') },
      ],
      after: exchange({ path: `${LIST}/5`, actor: 'tenant B' }, { body: mine }),
      list: exchange({ path: LIST, actor: 'tenant B' }, { body: { tasks: [mine], total: 1 } }),
      filtered: [exchange({ path: `${LIST}?tag_ids=1`, actor: 'tenant B' }, { body: { tasks: [], total: 0 } })],
    },
  ];
}

examine(
  'judgeReferences',
  judgeReferences,
  evidence,
  [
    [
      "A's tag is attached",
      ([first]) =>
        setResponse(nth(first?.attempts ?? []).foreign, { status: 201, body: { ...task(6, 'x'), tags: [{ id: 1, name: first?.ofA.text }] } }),
      'fail',
      'foreign-reference',
    ],
    [
      "A's tag is accepted and not returned",
      ([first]) => setResponse(nth(first?.attempts ?? [], 1).foreign, { body: task(5, 'x') }),
      'fail',
      'foreign-reference',
    ],
    [
      "A's tag is rejected with its name",
      ([first]) => setBody(nth(first?.attempts ?? []).foreign, { detail: first?.ofA.text }),
      'fail',
      'foreign-reference',
    ],
    ['403 reveals that it exists', ([first]) => setResponse(nth(first?.attempts ?? []).foreign, problem(403)), 'fail'],
    [
      'another text reveals that it exists',
      ([first]) => setBody(nth(first?.attempts ?? []).foreign, { detail: 'not yours' }),
      'fail',
      'existence-shown',
    ],
    [
      'a tag that never existed is accepted',
      ([first]) => setResponse(nth(first?.attempts ?? []).unknown, { status: 201, body: task(6, 'x') }),
      'fail',
      'existence-shown',
    ],
    ["B's own tag is not accepted", ([first]) => first && setResponse(first.own, problem(422)), 'inconclusive', 'control-failed'],
    ["A's own tag is rejected for A", ([first]) => first && setResponse(first.ofAToOwn, problem(422)), 'inconclusive', 'control-failed'],
    [
      "B's list contains A's tag in addition to B's own",
      ([first]) => first && setBody(first.list, { tasks: [{ tags: [{ name: first.ofB.text }, { name: first.ofA.text }] }] }),
      'fail',
      'data-shown',
    ],
    [
      "only A's tag causes a server error",
      ([first]) => first?.attempts.forEach(({ foreign }) => setResponse(foreign, problem(503))),
      'fail',
      'existence-shown',
    ],
    ["the API fails once with A's tag", ([first]) => setResponse(nth(first?.attempts ?? []).foreign, problem(503)), 'inconclusive', 'server-error'],
    [
      'every tag causes a server error',
      ([first]) => first?.attempts.flatMap(Object.values).forEach((each) => setResponse(each as typeof first.own, problem(503))),
      'inconclusive',
      'server-error',
    ],
    ["B's own tag is dropped", ([first]) => first && setBody(first.own, { tags: [] }), 'inconclusive', 'control-failed'],
    [
      "A's tag is attached although the request was rejected",
      ([first]) => first && setBody(first.after, { tags: [{ id: 1, name: first.ofA.text }] }),
      'fail',
      'data-shown',
    ],
    [
      "a filter returns A's object",
      ([first]) => setResponse(nth(first?.filtered ?? []), { body: { tasks: [task(1, first?.ofA.text ?? '')] } }),
      'fail',
      'data-shown',
    ],
    ['no response to a filter', ([first]) => removeResponse(nth(first?.filtered ?? [])), 'inconclusive', 'no-answer'],
    ['a reference was rate limited', ([first]) => setResponse(nth(first?.attempts ?? []).foreign, problem(429)), 'inconclusive', 'rate-limited'],
    ['nothing was tried', ([first]) => first && (first.attempts = []), 'not pass'],
    ['no collection refers to another', (all) => void all.splice(0), 'not applicable'],
  ],
  { ignores: { '[*].ofA.created': 'of isolation by id', '[*].ofB.created': 'that it exists is shown by its owner referring to it' } },
);

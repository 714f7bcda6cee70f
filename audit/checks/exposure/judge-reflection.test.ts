import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { examine, exchange, LIST, nth, problem, removeResponse, setHeader, setResponse } from '../../test/exchanges.ts';
import { FORGED_HOST } from './bad-input.ts';
import { REDIRECT_HOST } from './bad-input.ts';
import type { ReflectionEvidence } from './gather-reflection.ts';
import { judgeReflection } from './judge-reflection.ts';

const MARKUP = '<audit-01>';
const PAGE = { 'content-type': 'text/html; charset=utf-8' };
const at = ({ cells }: ReflectionEvidence, index = 0): Exchange => nth(cells.filter(isTried), index).exchange;

examine(
  'judgeReflection',
  judgeReflection,
  (): ReflectionEvidence => ({
    markup: MARKUP,
    cells: ['hosts', 'values'].map((row) => ({ row, column: `GET ${LIST}`, exchange: exchange({ path: LIST, purpose: row }, {}) })),
  }),
  [
    ['the forged host in Location', (given) => setHeader(at(given), 'location', `https://${FORGED_HOST}/tasks/1`), 'fail', 'host-reflected'],
    [
      'the forged host in Link',
      (given) => setHeader(at(given), 'link', `<https://${FORGED_HOST}/tasks?page=2>; rel="next"`),
      'fail',
      'host-reflected',
    ],
    ['the forged host in a body', (given) => setResponse(at(given), { body: { self: `https://${FORGED_HOST}/tasks` } }), 'fail', 'host-reflected'],
    [
      'a redirect to the host of a parameter',
      (given) => setResponse(at(given), { status: 302, body: '', headers: { location: `https://${REDIRECT_HOST}/` } }),
      'fail',
      'redirected-elsewhere',
    ],
    ['a redirect that a browser reads as a host', (given) => setHeader(at(given), 'location', `/\\${REDIRECT_HOST}`), 'fail', 'redirected-elsewhere'],
    [
      'a redirect to a name that continues with the host',
      (given) => setHeader(at(given), 'location', `https://api.example.com.${REDIRECT_HOST}/`),
      'fail',
      'redirected-elsewhere',
    ],
    ['Refresh to the host', (given) => setHeader(at(given), 'refresh', `0; url=https://${REDIRECT_HOST}/`), 'fail', 'redirected-elsewhere'],
    ['a redirect to a known host', (given) => setHeader(at(given), 'location', 'https://www.example.com/tasks'), 'pass'],
    [
      'the host of the parameter in a link to the same page',
      (given) => setHeader(at(given), 'link', `<${LIST}?next=https://${REDIRECT_HOST}/>; rel="self"`),
      'pass',
    ],
    ['a header from a line break', (given) => setHeader(at(given), 'x-audit-injected', '1'), 'fail', 'header-injected'],
    [
      'markup in a page',
      (given) => setResponse(at(given, 1), { status: 404, body: `<p>No ${MARKUP}</p>`, headers: PAGE }),
      'fail',
      'markup-reflected',
    ],
    [
      'markup without a type',
      (given) => setResponse(at(given, 1), { body: MARKUP, headers: { 'content-type': undefined } }),
      'fail',
      'markup-reflected',
    ],
    ['markup in JSON', (given) => setResponse(at(given, 1), problem(422, {}, MARKUP)), 'pass'],
    ['markup in plain text', (given) => setResponse(at(given, 1), { body: MARKUP, headers: { 'content-type': 'text/plain' } }), 'pass'],
    ['a page that repeats nothing', (given) => setResponse(at(given, 1), { status: 404, body: '<p>404</p>', headers: PAGE }), 'pass'],
    ['a server error', (given) => setResponse(at(given), problem(500)), 'inconclusive', 'server-error'],
    ['no response', (given) => removeResponse(at(given)), 'inconclusive', 'no-answer'],
    ['nothing was sent', (given) => (given.cells = []), 'inconclusive', 'nothing-tried'],
  ],
  { ignores: { 'cells[*].exchange: HTML': 'a page that repeats nothing shows that' } },
);

import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { exchange, examine, nth, problem, removeResponse, setBody, setResponse } from '../../test/exchanges.ts';
import type { ExposedPathsEvidence, PathCell } from './gather-exposed-paths.ts';
import { judgeExposedPaths } from './judge-exposed-paths.ts';

const PAGE = { 'content-type': 'text/html; charset=utf-8' };

const absent = (path: string): Exchange => exchange({ path, purpose: 'a path' }, problem(404));
const cell = (path: string, control: string): PathCell => ({
  row: 'files',
  column: 'the root',
  exchange: absent(path),
  control: absent(control),
});

function evidence(): ExposedPathsEvidence {
  return {
    controls: ['/audit-01', '/api/audit-01', '/audit-01', '/api/audit-01'].map(absent),
    cells: [cell('/.env', '/.audit-01'), cell('/.git/HEAD', '/.audit-01'), cell('/metrics', '/audit-01')],
  };
}

const triedIn = (cells: readonly PathCell[]): { exchange: Exchange; control: Exchange }[] =>
  cells.filter(isTried).flatMap(({ exchange: sent, control }) => (control === undefined ? [] : [{ exchange: sent, control }]));
const pathAt = (cells: readonly PathCell[], index: number): Exchange => nth(triedIn(cells), index).exchange;
const everywhere = ({ controls, cells }: ExposedPathsEvidence): Exchange[] => [
  ...controls,
  ...triedIn(cells).flatMap((each) => [each.exchange, each.control]),
];

examine(
  'judgeExposedPaths',
  judgeExposedPaths,
  evidence,
  [
    ['a file is served', ({ cells }) => setResponse(pathAt(cells, 0), { body: 'JWT_SECRET=1' }), 'fail', 'not-absent'],
    ['a console is served', ({ cells }) => setResponse(pathAt(cells, 2), { body: '<!doctype html>', headers: PAGE }), 'fail', 'not-absent'],
    ['another 404 than for a random path', ({ cells }) => setResponse(pathAt(cells, 1), problem(404, {}, 'Hidden')), 'fail', 'not-absent'],
    ['a path requires other credentials', ({ cells }) => setResponse(pathAt(cells, 2), problem(403)), 'fail', 'path-guarded'],
    [
      'a path redirects to a sign-in',
      ({ cells }) => setResponse(pathAt(cells, 2), { status: 302, body: '', headers: { location: '/login' } }),
      'fail',
      'not-absent',
    ],
    ['a path supports another method', ({ cells }) => setResponse(pathAt(cells, 2), problem(405)), 'fail', 'not-absent'],
    [
      'the edge forbids every name with a leading dot',
      ({ cells }) => triedIn(cells.slice(0, 2)).forEach((each) => [each.exchange, each.control].forEach((of) => setResponse(of, problem(403)))),
      'pass',
    ],
    [
      'each response has an id that no pattern knows',
      (given) => everywhere(given).forEach((each, index) => setBody(each, { ref: `01HZX3V9T${index}WQ8Y7B2K4M6N0PAS` })),
      'pass',
    ],
    [
      'every path returns 200',
      (given) => everywhere(given).forEach((each) => setResponse(each, { body: 'hello' })),
      'inconclusive',
      'control-failed',
    ],
    ['no response', ({ cells }) => removeResponse(pathAt(cells, 0)), 'inconclusive', 'no-answer'],
    ['the request was limited', ({ cells }) => setResponse(pathAt(cells, 0), problem(429)), 'inconclusive', 'rate-limited'],
    ['a path was left out', ({ cells }) => cells.push({ row: 'files', column: 'the root', excluded: 'the contract documents it' }), 'pass'],
    ['nothing was requested', (given) => (given.cells = []), 'inconclusive', 'nothing-observed'],
  ],
  { ignores: { 'cells[*].control': 'only used for a path whose response is not that of a random path' } },
);

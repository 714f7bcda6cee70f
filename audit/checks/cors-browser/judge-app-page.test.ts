import type { AppPageEvidence } from './gather-app-page.ts';
import { examine, found, inspection, nth, readFetch } from '../../test/exchanges.ts';
import { judgeAppPage, judgeAppScripts } from './judge-app-page.ts';

function evidence(): AppPageEvidence {
  return {
    inspection: inspection('the live page'),
    status: 200,
    fetches: [readFetch({ purpose: 'simple GET by the live page' }), readFetch({ purpose: 'preflighted GET by the live page' })],
    scripts: [{ url: 'https://tasks-app.vercel.app/app.js', bytes: 10, leaked: [] }],
  };
}

examine('judgeAppPage', judgeAppPage, evidence, [
  ['the page cannot be reached', (page) => ((page.problem = 'net::ERR_NAME_NOT_RESOLVED'), (page.fetches = [])), 'inconclusive', 'page-not-reached'],
  ['the page is protected', (page) => (page.status = 401), 'inconclusive', 'page-not-reached'],
  ['the page redirected elsewhere', ({ fetches }) => (nth(fetches).pageOrigin = 'https://vercel.com'), 'inconclusive', 'another-origin'],
  [
    "the page's policy forbids the API",
    ({ fetches }) => (delete nth(fetches, 1).read, (nth(fetches, 1).blockedBecause = 'csp connect-src')),
    'fail',
    'page-cannot-call',
  ],
  [
    'CORS blocks it',
    ({ fetches }) => (delete nth(fetches).read, (nth(fetches).blockedBecause = 'MissingAllowOriginHeader')),
    'fail',
    'page-cannot-call',
  ],
  ['the API returns 403', ({ fetches }) => (found(nth(fetches).read).status = 403), 'fail', 'page-cannot-call'],
  ['no reason is known', ({ fetches }) => delete nth(fetches).read, 'inconclusive', 'no-answer'],
  [
    'the network fails',
    ({ fetches }) => (delete nth(fetches).read, (nth(fetches).blockedBecause = 'net::ERR_CONNECTION_REFUSED')),
    'inconclusive',
    'no-answer',
  ],
  ['the edge responded', ({ fetches }) => (nth(fetches).edgeResponded = true), 'inconclusive', 'edge-fallback'],
  ['no request was sent', (page) => (page.fetches = []), 'not pass'],
]);

examine(
  'judgeAppScripts',
  judgeAppScripts,
  evidence,
  [
    ['a script holds a secret', ({ scripts }) => (nth(scripts).leaked = ['JWT_SECRET']), 'fail', 'secret-published'],
    ['a script could not be read', ({ scripts }) => (nth(scripts).bytes = 0), 'inconclusive', 'script-unread'],
    ['there are no scripts', (page) => (page.scripts = []), 'not pass'],
    ['the page cannot be reached', (page) => (page.problem = 'timeout'), 'inconclusive', 'page-not-reached'],
  ],
  { ignores: { 'fetches[*]': 'of judgeAppPage' } },
);

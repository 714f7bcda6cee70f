import type { Exchange } from '../../model/exchange.ts';
import { examine, nth, removeResponse, setHeader, statusClasses } from '../../test/exchanges.ts';
import { judgeBanner } from './judge-banner.ts';

examine(
  'judgeBanner',
  ({ exchanges }: { exchanges: Exchange[] }) => judgeBanner(exchanges),
  () => ({ exchanges: statusClasses().classes.map((each) => each.exchange) }),
  [
    ['X-Powered-By', ({ exchanges }) => setHeader(nth(exchanges, 4), 'x-powered-by', 'Express'), 'fail', 'banner'],
    ['Server with a version', ({ exchanges }) => setHeader(nth(exchanges), 'server', 'nginx/1.25.3'), 'fail', 'banner'],
    ['Server with the framework', ({ exchanges }) => setHeader(nth(exchanges), 'server', 'Express'), 'fail', 'banner'],
    ['Server with a Python framework', ({ exchanges }) => setHeader(nth(exchanges), 'server', 'uvicorn'), 'fail', 'banner'],
    ['Via with a version', ({ exchanges }) => setHeader(nth(exchanges), 'via', '1.1 cache-7 (Varnish/7.4)'), 'fail', 'banner'],
    ['Via with only the protocol', ({ exchanges }) => setHeader(nth(exchanges), 'via', 'HTTP/1.1 vegur', '2.0 edge-1'), 'pass'],
    ['a version header', ({ exchanges }) => setHeader(nth(exchanges), 'x-aspnet-version', '4.0.30319'), 'fail', 'banner'],
    ['the version of the interface', ({ exchanges }) => setHeader(nth(exchanges), 'x-api-version', '2'), 'pass'],
    ...(['railway-edge', 'cloudflare', 'Vercel', 'nginx', 'envoy'] as const).map(
      (name) =>
        [
          `${name}, only the name of an edge`,
          ({ exchanges }: { exchanges: Exchange[] }) => setHeader(nth(exchanges), 'server', name),
          'pass',
        ] as const,
    ),
    ...(
      [
        ['x-debug-token-link', '/_profiler/1a2b'],
        ['x-sql-time', '12'],
        ['x-backend', 'api-7f9c'],
        ['x-instance-id', 'i-0abc'],
        ['x-real-host', 'ip-10-0-1-7.ec2.internal'],
        ['location', 'http://10.1.2.3:3000/api/v1/tasks/1'],
        ['server-timing', 'db;dur=3;desc="select id, title from tasks where user_id = $1"'],
      ] as const
    ).map(
      ([name, value]) =>
        [
          `${name}: ${value}`,
          ({ exchanges }: { exchanges: Exchange[] }) => setHeader(nth(exchanges, 3), name, value),
          'fail',
          'internals-in-header',
        ] as const,
    ),
    ['the framework of pages', ({ exchanges }) => setHeader(nth(exchanges), 'x-nextjs-cache', 'HIT'), 'fail', 'banner'],
    ['a runtime, as Rails states it', ({ exchanges }) => setHeader(nth(exchanges), 'x-runtime', '0.01'), 'fail', 'banner'],
    ...(
      [
        ['server-timing', 'edge;dur=12, cache;desc="HIT"'],
        ['age', '0'],
        ['alt-svc', 'h3=":443"; ma=86400'],
        ['x-served-by', 'cache-fra-etou8220126-FRA'],
        ['x-envoy-upstream-service-time', '7'],
        ['access-control-allow-origin', 'http://192.168.1.7:3000'],
        ['x-request-id', '10.5'],
      ] as const
    ).map(
      ([name, value]) => [`${name}: ${value}`, ({ exchanges }: { exchanges: Exchange[] }) => setHeader(nth(exchanges), name, value), 'pass'] as const,
    ),
    ['no response', ({ exchanges }) => removeResponse(nth(exchanges)), 'inconclusive', 'no-answer'],
    ['nothing was requested', (evidence) => (evidence.exchanges = []), 'inconclusive', 'nothing-observed'],
  ],
  {
    ignores: Object.fromEntries(
      ['429', '503', 'HTML'].map((kind) => [`exchanges[*]: ${kind}`, 'a response of any kind may name a framework, and this one does not']),
    ),
  },
);

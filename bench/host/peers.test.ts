import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { repository } from '../../rehearsal/process/repository-root.ts';
import type { ServiceProcess } from '../../rehearsal/process/service-process.ts';
import { openBenchEnvironment, type BenchEnvironment } from './bench-environment.ts';
import { assertAgreement, assertRejectsBadTokens, parseResponse, sample } from './benchmark-routes.ts';
import { type Peer, prepareNodePeers, service } from './peers.ts';
import { STANDARD, userId } from './population.ts';

/** Includes the users of the samples. */
const POPULATION = { ...STANDARD, users: 500 };

describe('every peer on Node responds as the service does', () => {
  const scope = new AsyncDisposableStack();
  let environment: BenchEnvironment;
  let ours: ServiceProcess;
  let theirs: { peer: Peer; server: ServiceProcess }[];

  before(async () => {
    environment = await openBenchEnvironment(new AbortController().signal);
    scope.defer(() => environment.close());
    const database = await environment.filled('standard', [POPULATION]);
    const start = async (peer: Peer): Promise<ServiceProcess> => {
      const server = await environment.start(peer, database);
      scope.defer(async () => void (await server.stop()));
      return server;
    };
    const peers = await prepareNodePeers(path.join(repository, '.bench', 'test'));
    ours = await start(service);
    theirs = await Promise.all(peers.map(async (peer) => ({ peer, server: await start(peer) })));
  });

  after(() => scope.disposeAsync());

  // Writes come last, because lists are compared in full.
  for (const route of ['health', 'list', 'read', 'update', 'create'] as const) {
    test(route, async () => {
      const expected = await sample(route, environment, ours.port);
      assert.equal(expected.length, 3);
      for (const { peer, server } of theirs) assertAgreement(route, peer.name, await sample(route, environment, server.port), expected);
    });
  }

  // The first baseline and the pipelined one do not validate.
  test('to what is invalid: a title without text, an unknown priority, an id and a page of 0', async () => {
    const headers = { authorization: `Bearer ${environment.token(userId(POPULATION, 1))}`, 'content-type': 'application/json' };
    const checking = theirs.filter(({ peer: { name } }) => name !== 'baseline' && name !== 'baseline-pipelined');
    for (const { peer, server } of [...checking, { peer: service, server: ours }]) {
      const send = async (method: string, path: string, body?: object): Promise<number> => {
        const url = `http://127.0.0.1:${server.port}/api/v1/tasks${path}`;
        return (await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) })).status;
      };
      const statuses = [
        await send('POST', '', { title: '' }),
        await send('PUT', '/1', { priority: 'urgent' }),
        await send('GET', '/0'),
        await send('GET', '?page=0'),
      ];
      assert.ok(
        statuses.every((status) => status === 400 || status === 422),
        `${peer.name}: ${statuses.join(', ')}`,
      );
    }
  });

  test('to a forged token, and to none', async () => {
    for (const { peer, server } of [...theirs, { peer: service, server: ours }]) await assertRejectsBadTokens(peer.name, environment, server.port);
  });
});

test('responses agree only when they have the same instants', () => {
  const [expected, other, late] = ['2026-01-01T00:00:05Z', '2026-01-01T00:00:05.000+00:00', '2026-01-01T00:00:06Z'].map((created_at) =>
    parseResponse(JSON.stringify({ tasks: [{ id: 1, created_at }] })),
  );
  assertAgreement('list', 'a peer', [other], [expected]);
  assert.throws(() => assertAgreement('list', 'a peer', [late], [expected]), /a peer: the response to list differs from the service's/);
});

test('the response must have what was written, and no field may be missing', () => {
  const written = { id: 1, title: 'Call supplier 12', description: 'Mention the delivery', priority: 'high' };
  assertAgreement('create', 'a peer', [{ ...written, id: 2 }], [written]);
  assert.throws(() => assertAgreement('create', 'a peer', [{ ...written, title: 'another' }], [written]), /differs from the service's/);
  assert.throws(() => assertAgreement('create', 'a peer', [{ title: written.title }], [written]), /differs from the service's/);
});

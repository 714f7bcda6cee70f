import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { repository } from '../../rehearsal/process/repository-root.ts';
import type { ServiceProcess } from '../../rehearsal/process/service-process.ts';
import { STANDARD } from '../host/population.ts';
import { openGround, type Ground } from '../host/bench-environment.ts';
import { type Peer, prepareNodePeers, service } from './peers.ts';
import { assertAgreement, assertRefusal, parseAnswer, sample } from '../host/benchmark-routes.ts';

/** Those whom the samples ask for are among them. */
const POPULATION = { ...STANDARD, users: 500 };

describe('every peer on Node answers as the service does', () => {
  const scope = new AsyncDisposableStack();
  let ground: Ground;
  let ours: ServiceProcess;
  let theirs: { peer: Peer; server: ServiceProcess }[];

  before(async () => {
    ground = await openGround(new AbortController().signal);
    scope.defer(() => ground.close());
    const database = await ground.filled('standard', [POPULATION]);
    const start = async (peer: Peer): Promise<ServiceProcess> => {
      const server = await ground.start(peer, database);
      scope.defer(async () => void (await server.stop()));
      return server;
    };
    const peers = await prepareNodePeers(path.join(repository, '.bench', 'test'));
    ours = await start(service);
    theirs = await Promise.all(peers.map(async (peer) => ({ peer, server: await start(peer) })));
  });

  after(() => scope.disposeAsync());

  // What is written comes last: lists are compared in full.
  for (const route of ['health', 'list', 'read', 'update', 'create'] as const) {
    test(route, async () => {
      const ofService = await sample(route, ground, ours.port);
      assert.equal(ofService.length, 3);
      for (const { peer, server } of theirs) assertAgreement(route, peer.name, await sample(route, ground, server.port), ofService);
    });
  }

  test('to a forged token, and to none', async () => {
    for (const { peer, server } of [...theirs, { peer: service, server: ours }]) await assertRefusal(peer.name, ground, server.port);
  });
});

test('answers agree when they name the same instants, and only then', () => {
  const [ofService, other, late] = ['2026-01-01T00:00:05Z', '2026-01-01T00:00:05.000+00:00', '2026-01-01T00:00:06Z'].map((created_at) =>
    parseAnswer(JSON.stringify({ tasks: [{ id: 1, created_at }] })),
  );
  assertAgreement('list', 'a peer', [other], [ofService]);
  assert.throws(() => assertAgreement('list', 'a peer', [late], [ofService]), /a peer answers list otherwise than the service/);
});

test('what was written must be in the answer, and no field may be missing', () => {
  const written = { id: 1, title: 'Call supplier 12', description: 'Mention the delivery', priority: 'high' };
  assertAgreement('create', 'a peer', [{ ...written, id: 2 }], [written]);
  assert.throws(() => assertAgreement('create', 'a peer', [{ ...written, title: 'another' }], [written]), /otherwise than the service/);
  assert.throws(() => assertAgreement('create', 'a peer', [{ title: written.title }], [written]), /otherwise than the service/);
});

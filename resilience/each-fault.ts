import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { preferThisNode } from '../rehearsal/process/repository-root.ts';
import { openGround, type Ground } from './trial/test-environment.ts';
import { scenarios } from './scenarios/scenarios.ts';
import { slowClients } from './scenarios/slow-clients.ts';

/** Not named as the other tests are: these need the machine for themselves. */
describe('under load the service survives', () => {
  let ground: Ground;
  before(async () => {
    preferThisNode();
    ground = await openGround(new AbortController().signal);
  });
  after(() => ground.close());

  // Slow clients take three quarters of a minute to be slow, and are part of `npm run faults`.
  for (const scenario of scenarios.filter(({ name }) => name !== slowClients.name)) {
    test(`${scenario.name}: ${scenario.title}`, { skip: scenario.obstacle?.() ?? false }, async () => {
      const { breaches } = await scenario.run(ground);
      assert.deepEqual(breaches, []);
    });
  }
});

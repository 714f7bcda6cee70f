import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { preferThisNode } from '../rehearsal/process/repository-root.ts';
import { scenarios } from './scenarios/scenarios.ts';
import { slowClients } from './scenarios/slow-clients.ts';
import { openTestEnvironment, type TestEnvironment } from './trial/test-environment.ts';

/** Not named *.test.ts: these tests need the machine for themselves. */
describe('under load the service survives', () => {
  let environment: TestEnvironment;
  before(async () => {
    preferThisNode();
    environment = await openTestEnvironment(new AbortController().signal);
  });
  after(() => environment.close());

  // The slow clients take 45 s, so they only run in `npm run faults`.
  for (const scenario of scenarios.filter(({ name }) => name !== slowClients.name)) {
    test(`${scenario.name}: ${scenario.title}`, { skip: scenario.obstacle?.() ?? false }, async () => {
      const { breaches } = await scenario.run(environment);
      assert.deepEqual(breaches, []);
    });
  }
});

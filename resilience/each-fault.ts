import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { preferThisNode } from '../rehearsal/process/repository-root.ts';
import { rollingRestart } from './scenarios/rolling-restart.ts';
import { scenarios } from './scenarios/scenarios.ts';
import { slowClients } from './scenarios/slow-clients.ts';
import type { Scenario } from './trial/scenario.ts';
import { openTestEnvironment, type TestEnvironment } from './trial/test-environment.ts';

const idle: TestEnvironment[] = [];
before(async () => {
  preferThisNode();
  // One after the other, because both build the service.
  for (let count = 0; count < 2; count += 1) idle.push(await openTestEnvironment(new AbortController().signal));
});
after(() => Promise.all(idle.map((environment) => environment.close())));

function survives(scenario: Scenario): void {
  test(`${scenario.name}: ${scenario.title}`, { skip: scenario.obstacle?.() ?? false }, async () => {
    const environment = idle.pop();
    assert.ok(environment);
    try {
      const { breaches } = await scenario.run(environment);
      assert.deepEqual(breaches, []);
    } finally {
      idle.push(environment);
    }
  });
}

/** Not named *.test.ts: these tests need the machine for themselves. Two at a time, each with its own PostgreSQL: most of a trial is waiting. */
describe('under load the service survives', { concurrency: 2 }, () => {
  // The slow clients take 45 s, so they only run in `npm run faults`.
  for (const scenario of scenarios.filter((each) => each !== slowClients && each !== rollingRestart)) survives(scenario);
});

// It saturates the processor.
describe('under saturating load the service survives', () => survives(rollingRestart));

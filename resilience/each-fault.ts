import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { preferThisNode } from '../rehearsal/process/repository-root.ts';
import { chooseScenarios } from './scenarios/scenarios.ts';
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

/** The brief ones; `npm run faults` runs all. */
const BRIEF = ['terminated-sessions', 'lost-responses', 'killed-pooler', 'full-database'];

/** Not named *.test.ts: these tests need the machine for themselves. Two at a time, each with its own PostgreSQL: most of a trial is waiting. */
describe('under load the service survives', { concurrency: 2 }, () => {
  for (const scenario of chooseScenarios(BRIEF)) survives(scenario);
});

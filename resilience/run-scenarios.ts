import { messageOf, report } from '../rehearsal/process/progress.ts';
import { preferThisNode } from '../rehearsal/process/repository-root.ts';
import { runMain } from '../rehearsal/process/run-main.ts';
import { listenForTermination } from '../rehearsal/process/termination.ts';
import { hasSurvived, isNotRun, renderResults, type ScenarioResult } from './judgment/results-table.ts';
import { chooseScenarios } from './scenarios/scenarios.ts';
import type { Scenario } from './trial/scenario.ts';
import { openTestEnvironment, type TestEnvironment } from './trial/test-environment.ts';

/** Runs all scenarios, or the named ones, and prints which of them the service survived. */
async function main(): Promise<number> {
  const chosen = chooseScenarios(process.argv.slice(2));
  preferThisNode();
  const environment = await openTestEnvironment(listenForTermination());
  const results: ScenarioResult[] = [];
  try {
    for (const scenario of chosen) results.push(await run(scenario, environment));
  } finally {
    await environment.close();
    report('everything is stopped');
  }
  process.stdout.write(`${renderResults(results)}\n`);
  return results.every((result) => hasSurvived(result) || isNotRun(result)) ? 0 : 1;
}

async function run(scenario: Scenario, environment: TestEnvironment): Promise<ScenarioResult> {
  const obstacle = scenario.obstacle?.();
  if (obstacle !== undefined) {
    report(`${scenario.name}: not run: ${obstacle}`);
    return { scenario, obstacle };
  }
  const began = performance.now();
  const result = await measure(scenario, environment);
  report(`${scenario.name}: ${hasSurvived(result) ? 'survived' : 'broken'} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  return result;
}

async function measure(scenario: Scenario, environment: TestEnvironment): Promise<ScenarioResult> {
  try {
    return { scenario, figures: await scenario.run(environment) };
  } catch (error) {
    environment.signal.throwIfAborted();
    return { scenario, error: `the scenario failed: ${messageOf(error)}` };
  }
}

await runMain(main, report);

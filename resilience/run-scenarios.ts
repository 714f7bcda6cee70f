import { constants } from 'node:os';
import { openGround, type Ground } from './trial/test-environment.ts';
import { chooseScenarios } from './scenarios/scenarios.ts';
import type { Scenario } from './trial/scenario.ts';
import { hasSurvived, isNotRun, renderResults, type Result } from './judgment/results-table.ts';
import { say } from '../rehearsal/process/progress.ts';
import { preferThisNode } from '../rehearsal/process/repository-root.ts';
import { listenForTermination, Terminated } from '../rehearsal/process/termination.ts';

/** Does each fault to the service under load, or those that are named, and prints what it survived. */
async function main(names: readonly string[]): Promise<number> {
  const chosen = chooseScenarios(names);
  preferThisNode();
  const terminated = listenForTermination();
  const ground = await openGround(terminated);
  const results: Result[] = [];
  try {
    for (const scenario of chosen) results.push(await run(scenario, ground));
  } finally {
    await ground.close();
    say('everything is stopped');
  }
  process.stdout.write(`${renderResults(results)}\n`);
  return results.every((result) => hasSurvived(result) || isNotRun(result)) ? 0 : 1;
}

async function run(scenario: Scenario, ground: Ground): Promise<Result> {
  const obstacle = scenario.obstacle?.();
  if (obstacle !== undefined) {
    say(`${scenario.name}: not run: ${obstacle}`);
    return { scenario, obstacle };
  }
  const begun = performance.now();
  const result = await measure(scenario, ground);
  say(`${scenario.name}: ${hasSurvived(result) ? 'survived' : 'broken'} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  return result;
}

async function measure(scenario: Scenario, ground: Ground): Promise<Result> {
  try {
    return { scenario, figures: await scenario.run(ground) };
  } catch (error) {
    ground.signal.throwIfAborted();
    return { scenario, error: `it could not be carried out: ${error instanceof Error ? error.message : String(error)}` };
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  // A shell's convention for a command that a signal has ended.
  process.exitCode = error instanceof Terminated ? 128 + constants.signals[error.signal] : 1;
}

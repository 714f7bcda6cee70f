import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { runNpmScript } from '../rehearsal/process/npm-script.ts';
import { repository } from '../rehearsal/process/repository-root.ts';
import { chooseScenarios } from './scenarios/scenarios.ts';
import type { Scenario } from './trial/scenario.ts';

/** The brief ones; `npm run faults` runs all. */
const BRIEF = ['terminated-sessions', 'lost-responses', 'killed-pooler', 'full-database'];
const COMMAND = path.join(import.meta.dirname, 'run-scenarios.ts');

before(() => runNpmScript('build', repository));

/** In a process of each scenario: users of two in one process would wait for each other. */
function survives({ name, title, obstacle }: Scenario): void {
  test(`${name}: ${title}`, { skip: obstacle?.() ?? false }, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, name]).catch((error: { stdout: string }) => error);
    assert.match(stdout, /1 fault, 1 survived/, stdout);
  });
}

/** Not named *.test.ts, because each puts a service under load. Two at a time, because most of a trial is waiting. */
describe('under load the service survives', { concurrency: 2 }, () => {
  for (const scenario of chooseScenarios(BRIEF)) survives(scenario);
});

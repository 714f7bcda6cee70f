import { spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** `npm run test:unit`: all unit tests, or those of the folders and files that are given. Options are passed on to `node --test`. */
const ALL = '{service,audit,client,proving,rehearsal,resilience,bench,tools}/**/*.test.ts';
/** Tests of pure functions share one process, because most of their time is the start of a process. */
const PURE = ['audit/{model,contract,run,report}/**/*.test.ts', 'audit/checks/**/judge*.test.ts', '{proving,resilience,tools}/**/*.test.ts'];
const IN_ONE_PROCESS = ['--test-isolation=none'];
/** More files at a time than this project's smallest machine has cores, because the tests of processes and networks mostly wait. */
const ISOLATED = ['--test-concurrency=4', '--test-global-setup=rehearsal/stand-ins/postgres/test-database.ts'];

process.env['NODE_COMPILE_CACHE'] ??= path.join(tmpdir(), 'node-compile-cache');
const given = process.argv.slice(2);
const options = given.filter((argument) => argument.startsWith('-'));
const files = given.filter((argument) => !argument.startsWith('-'));

function run(tests: readonly string[], how: readonly string[]): boolean {
  const { status } = spawnSync(process.execPath, ['--test', '--test-timeout=120000', ...how, ...options, ...tests], { stdio: 'inherit' });
  return status === 0;
}

function runAll(): boolean {
  const pure = globSync(PURE);
  const others = globSync(ALL, { exclude: ['**/node_modules'] }).filter((file) => !pure.includes(file));
  // The results of both are shown, also where the first fails.
  return [run(pure, IN_ONE_PROCESS), run(others, ISOLATED)].every(Boolean);
}

const isPassed = files.length === 0 ? runAll() : run(files.map(patternOf), ISOLATED);
process.exitCode = isPassed ? 0 : 1;

function patternOf(file: string): string {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true ? `${file.replace(/\/$/, '')}/**/*.test.ts` : file;
}

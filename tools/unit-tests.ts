import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { findBrowser } from '../audit/gather/browser/find-browser.ts';

/** `npm run test:unit`: all unit tests, or those of the folders and files that are given. Options are passed on to `node --test`. */
const ALL = '{service,audit,client,proving,rehearsal,resilience,bench,tools}/**/*.test.ts';
/** These share one process, because most of their time would be the start of a process. They change nothing that others use. */
const TOGETHER = [
  'audit/{model,contract,run,report,test}/**/*.test.ts',
  'audit/checks/**/{judge*,attacks,catalog,lookalike-origins,families,exact-values,id-flags,scanner,bad-input,internals,odd-bodies}.test.ts',
  'audit/checks/{isolation,exposure,configuration}/gather.test.ts',
  'audit/gather/{burst,client-addresses,credentials,decode-body,issuer,load,redactor,sign-token,user-tokens,write-rule*}.test.ts',
  'audit/settings/{config,release,target,tenants}.test.ts',
  'bench/{bounds,results}.test.ts',
  'bench/host/benchmark-routes.test.ts',
  'bench/measures/*.test.ts',
  'client/*.test.ts',
  '{proving,resilience,tools}/**/*.test.ts',
  'service/config.test.ts',
  'service/db/{failures,statement-names}.test.ts',
  'service/auth/{unfit-secret,verify-token}.test.ts',
];
const IN_ONE_PROCESS = ['--test-isolation=none'];
/** More files at a time than this project's smallest machine has cores, because the tests of processes and networks mostly wait. */
const ISOLATED = ['--test-concurrency=4', '--test-global-setup=rehearsal/stand-ins/postgres/test-database.ts'];

process.env['NODE_COMPILE_CACHE'] ??= path.join(tmpdir(), 'node-compile-cache');
const given = process.argv.slice(2);
const options = given.filter((argument) => argument.startsWith('-'));
const files = given.filter((argument) => !argument.startsWith('-'));

/** @param isQuiet prints the results at the end, so that they do not mix with others */
async function run(tests: readonly string[], how: readonly string[], isQuiet = false): Promise<boolean> {
  const stdout = isQuiet ? 'pipe' : 'inherit';
  const child = spawn(process.execPath, ['--test', '--test-timeout=120000', ...how, ...options, ...tests], { stdio: ['inherit', stdout, 'inherit'] });
  const [printed, [code]] = await Promise.all([child.stdout === null ? '' : text(child.stdout), once(child, 'exit')]);
  process.stdout.write(printed);
  return code === 0;
}

async function runAll(): Promise<boolean> {
  // Several tests use a browser at the same time, and would all install one.
  findBrowser(process.env['AUDIT_BROWSER'], console.log);
  const together = globSync(TOGETHER);
  const others = globSync(ALL, { exclude: ['**/node_modules'] }).filter((file) => !together.includes(file));
  return (await Promise.all([run(together, IN_ONE_PROCESS, true), run(others, ISOLATED)])).every(Boolean);
}

// Tests start the service from its bundle, as the platform does.
execFileSync(process.execPath, ['service/build.ts']);
const isPassed = files.length === 0 ? await runAll() : await run(files.map(patternOf), ISOLATED);
process.exitCode = isPassed ? 0 : 1;

function patternOf(file: string): string {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true ? `${file.replace(/\/$/, '')}/**/*.test.ts` : file;
}

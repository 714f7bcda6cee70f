import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

/** `npm run test:unit`: all unit tests, or those of the folders and files that are given. Options are passed on to `node --test`. */
const ALL = ['{service,audit,proving,rehearsal,resilience,bench,tools}/**/*.test.ts'];
const DATABASE = 'rehearsal/stand-ins/postgres/test-database.ts';

const given = process.argv.slice(2);
const options = given.filter((argument) => argument.startsWith('-'));
const patterns = given
  .filter((argument) => !argument.startsWith('-'))
  .map((file) => (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true ? `${file.replace(/\/$/, '')}/**/*.test.ts` : file));

const { status } = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-timeout=120000',
    '--test-concurrency=2',
    `--test-global-setup=${DATABASE}`,
    ...options,
    ...(patterns.length > 0 ? patterns : ALL),
  ],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;

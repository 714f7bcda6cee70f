import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { auditEnvironment, resultFiles } from '../target.ts';
import { renderReport } from './markdown.ts';
import type { Run } from './run.ts';

/** `npm run report`: the report again, from the saved run. */
const { reportFile, runFile } = resultFiles(auditEnvironment(process.env));
if (existsSync(runFile)) {
  writeFileSync(reportFile, renderReport(JSON.parse(readFileSync(runFile, 'utf8')) as Run));
  console.log(`${reportFile} rendered from ${runFile}.`);
} else {
  console.error(`There is no saved run at ${runFile}: run the audit first, or name another in AUDIT_RUN.`);
  process.exitCode = 1;
}

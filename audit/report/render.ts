import { existsSync, readFileSync } from 'node:fs';
import { auditEnvironment, resultFiles } from '../settings/target.ts';
import { writeOutputs } from './output-files.ts';
import { renderAll, withTexts } from './outputs.ts';
import { parseRun, RunFileError } from '../run/run-file.ts';

/** `npm run report`: renders every report again from the saved run. */
const target = resultFiles(auditEnvironment(process.env));
try {
  if (!existsSync(target.runFile)) throw new RunFileError('no such file');
  const files = renderAll(parseRun(readFileSync(target.runFile, 'utf8')), target);
  const failed = writeOutputs(withTexts(target, files));
  for (const message of failed.values()) console.error(message);
  if (failed.size > 0) process.exitCode = 1;
  else console.log(`${Object.keys(files).join(', ')} rendered from ${target.runFile}.`);
} catch (error) {
  if (!(error instanceof RunFileError)) throw error;
  console.error(`Cannot read a run from ${target.runFile} (${error.message}). Run the audit first, or set AUDIT_RUN to another file.`);
  process.exitCode = 1;
}

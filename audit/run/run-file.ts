import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import addFormats from 'ajv-formats';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Run } from './run.ts';

export const SCHEMA_FILE = path.join(import.meta.dirname, 'run.schema.json');

/** Where the text is no run of this version. */
export class RunFileError extends Error {}

let compiled: ValidateFunction<Run> | undefined;

/** @throws {RunFileError} naming the first place that does not fit, and no value. */
export function parseRun(text: string): Run {
  const validate = (compiled ??= compile());
  const run = withLaterFields(parsed(text));
  if (validate(run)) return run;
  const [first] = validate.errors ?? [];
  throw new RunFileError(`${first?.instancePath || 'the run'} ${first?.message ?? 'does not fit run.schema.json'}`);
}

function compile(): ValidateFunction<Run> {
  const ajv = new Ajv2020();
  addFormats.default(ajv);
  return ajv.compile<Run>(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as object);
}

/** What runs have had since the demands were stated, as a run that was saved before has it. */
const LATER_FIELDS: Pick<Run, 'command_ms' | 'deployment_wait_ms' | 'history_scan_ms' | 'live_commit' | 'own_contract' | 'requirements'> = {
  command_ms: null,
  deployment_wait_ms: 0,
  history_scan_ms: 0,
  live_commit: null,
  own_contract: true,
  requirements: [],
};

/** An earlier run lacks all of them; one that lacks some is damaged. */
function withLaterFields(run: unknown): unknown {
  if (typeof run !== 'object' || run === null || Object.keys(LATER_FIELDS).some((name) => name in run)) return run;
  return { ...run, ...LATER_FIELDS };
}

/** The run that is kept in a file; undefined where there is none that this version can read. */
export function readEarlierRun(file: string): Run | undefined {
  try {
    return existsSync(file) ? parseRun(readFileSync(file, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RunFileError('the run is not JSON');
  }
}

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import addFormats from 'ajv-formats';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parseJson } from '../model/json.ts';
import type { Run } from './run.ts';

export const SCHEMA_FILE = path.join(import.meta.dirname, 'run.schema.json');

/** The text is not a run of this version. */
export class RunFileError extends Error {}

let compiled: ValidateFunction<Run> | undefined;

/** @throws {RunFileError} naming the first place that does not fit, without its value */
export function parseRun(text: string): Run {
  const validate = (compiled ??= compile());
  const content = parseJson(text);
  if (content === undefined) throw new RunFileError('the run is not JSON');
  const run = upgraded(content);
  if (validate(run)) return run;
  const [first] = validate.errors ?? [];
  throw new RunFileError(`${first?.instancePath || 'the run'} ${first?.message ?? 'does not fit run.schema.json'}`);
}

function compile(): ValidateFunction<Run> {
  const ajv = new Ajv2020();
  addFormats.default(ajv);
  return ajv.compile<Run>(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as object);
}

/** Fields that are missing in runs saved before reports stated the requirements. */
const REQUIREMENT_FIELDS = {
  command_ms: null,
  deployment_wait_ms: 0,
  history_scan_ms: 0,
  live_commit: null,
  own_contract: true,
  requirements: [],
} satisfies Partial<Run>;
/** Renamed areas, by their earlier names. */
const RENAMED_AREAS: Readonly<Record<string, string>> = { 'cors-wire': 'cors-http', leaks: 'exposure', honesty: 'self-check' };

/** Upgrades a run of an earlier version. The requirement fields were added together: a run that lacks only some of them is damaged. */
function upgraded(run: unknown): unknown {
  if (typeof run !== 'object' || run === null || !('checks' in run) || !Array.isArray(run.checks)) return run;
  const hasRequirements = Object.keys(REQUIREMENT_FIELDS).some((name) => name in run);
  const withAreas = (entries: unknown): unknown =>
    Array.isArray(entries) ? entries.map((entry: { area: string }) => ({ ...entry, area: RENAMED_AREAS[entry.area] ?? entry.area })) : entries;
  return {
    selected: run.checks.length,
    ...(!hasRequirements && REQUIREMENT_FIELDS),
    ...run,
    checks: withCoverage(withAreas(run.checks) as readonly object[]),
    ...('areas' in run && { areas: withAreas(run.areas) }),
  };
}

/** Runs that were saved before checks had matrices. */
function withCoverage(checks: readonly object[]): readonly object[] {
  return checks.some((check) => 'coverage' in check) ? checks : checks.map((check) => ({ ...check, coverage: null }));
}

/** The run saved in a file; undefined if there is none that this version can read. */
export function readEarlierRun(file: string): Run | undefined {
  try {
    return existsSync(file) ? parseRun(readFileSync(file, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
}

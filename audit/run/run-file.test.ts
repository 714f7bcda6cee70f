import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parseRun, readEarlierRun, RunFileError, SCHEMA_FILE } from './run-file.ts';
import type { Run } from './run.ts';
import { frozenRun, unstartedRun } from '../test/frozen-run.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');

type Schema = {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  items?: Schema | false;
  prefixItems?: Schema[];
};

const schema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as Schema;

/** The schema as a TypeScript type. */
function typeOf(node: Schema): string {
  if ('const' in node) return JSON.stringify(node.const);
  if (node.enum) return node.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (node.prefixItems) return `readonly [${node.prefixItems.map(typeOf).join(', ')}]`;
  if (Array.isArray(node.type)) return node.type.map((type) => typeOf({ ...node, type })).join(' | ');
  if (node.type === 'array') return `readonly (${typeOf(node.items || {})})[]`;
  if (node.type === 'object') {
    if (node.properties === undefined) return 'Readonly<Record<string, unknown>>';
    const fields = Object.entries(node.properties).map(([name, each]) => `${name}${node.required?.includes(name) ? '' : '?'}: ${typeOf(each)};`);
    return `{ ${fields.join(' ')} }`;
  }
  if (node.type === 'integer') return 'number';
  assert.ok(['string', 'boolean', 'null'].includes(String(node.type)), `this test does not read ${JSON.stringify(node)}`);
  return String(node.type);
}

function objectsIn(node: Schema): Schema[] {
  const below = [...Object.values(node.properties ?? {}), ...(node.items ? [node.items] : [])].flatMap(objectsIn);
  return node.properties === undefined ? below : [node, ...below];
}

/** Every place in a value that is an object with named fields. */
function placesIn(value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (Array.isArray(value)) return value.flatMap((each: unknown, index) => placesIn(each, [...at, index]));
  if (typeof value !== 'object' || value === null) return [];
  return [at, ...Object.entries(value).flatMap(([name, each]) => placesIn(each, [...at, name]))];
}

function at(value: unknown, steps: readonly (string | number)[]): Record<string, unknown> {
  return steps.reduce<unknown>((node, step) => (node as Record<string | number, unknown>)[step], value) as Record<string, unknown>;
}

describe('the schema of a run', () => {
  test('accepts every run of these tests', () => {
    for (const run of [frozenRun(), unstartedRun()]) assert.deepEqual(parseRun(JSON.stringify(run)), JSON.parse(JSON.stringify(run)));
  });

  test('rejects an additional field in every object, except in the defaults of a setting', () => {
    const places = placesIn(frozenRun()).filter((steps) => steps.at(-1) !== 'default');
    assert.ok(places.length > 40, `${places.length} places`);
    for (const steps of places) {
      const run = structuredClone(frozenRun());
      at(run, steps)['unknown_field'] = 1;
      assert.throws(() => parseRun(JSON.stringify(run)), RunFileError, steps.join('.'));
    }
  });

  test('rejects a run without any of its fields, except the optional fields of a request', () => {
    for (const steps of placesIn(frozenRun())) {
      for (const name of Object.keys(at(frozenRun(), steps)).filter((each) => !(steps.includes('exchanges') && ['from', 'body'].includes(each)))) {
        if (steps.at(-1) === 'default' || name === 'selected') continue;
        const run = structuredClone(frozenRun());
        Reflect.deleteProperty(at(run, steps), name);
        assert.throws(() => parseRun(JSON.stringify(run)), RunFileError, [...steps, name].join('.'));
      }
    }
  });

  test('has no object that is open by mistake, and describes each verdict', () => {
    for (const object of objectsIn(schema)) assert.equal(object.additionalProperties, false, JSON.stringify(Object.keys(object.properties ?? {})));
  });

  test('is equivalent to the type Run', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'audit-schema-'));
    try {
      // Two types are identical if a generic function cannot distinguish them; Flat expands intersections and Picks.
      writeFileSync(
        path.join(folder, 'same.ts'),
        `import type { Run } from '${path.join(ROOT, 'audit/run/run.ts')}';
type Flat<T> = T extends object ? { [K in keyof T]: Flat<T[K]> } : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Published = ${typeOf(schema)};
const same: Same<Flat<Run>, Flat<Published>> = true;
void same;
`,
      );
      writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
      const options = { noEmit: true, typeRoots: [path.join(ROOT, 'node_modules/@types')] };
      writeFileSync(
        path.join(folder, 'tsconfig.json'),
        JSON.stringify({ extends: path.join(ROOT, 'tsconfig.json'), compilerOptions: options, include: ['same.ts'] }),
      );
      const compiler = path.join(ROOT, 'node_modules/typescript/bin/tsc');
      const complaints = compile(compiler, folder).filter((line) => line.includes('same.ts'));
      assert.deepEqual(complaints, [], 'run.schema.json and the type Run differ: a field, an optional one, or a word of a closed list');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The compiler's errors in this file. */
function compile(compiler: string, folder: string): string[] {
  try {
    return execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8', timeout: 60_000 }).split('\n');
  } catch (error) {
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    assert.match(output, /error TS\d+/, `the compiler did not run: ${String(error)}`);
    return output.split('\n');
  }
}

describe('a run file', () => {
  test('that is not a run of this version is rejected with the place of the problem and without values', () => {
    const { version: _, ...old } = frozenRun();
    for (const [text, place] of [
      ['', /not JSON/],
      ['{"secret": ', /not JSON/],
      ['null', /must be object/],
      [JSON.stringify(old), /'version'/],
      [JSON.stringify({ ...frozenRun(), verdict: 'my-secret' }), /\/verdict must be equal to one of/],
      [JSON.stringify({ ...frozenRun(), started_at: 'my-secret' }), /\/started_at must match format/],
    ] as const) {
      assert.throws(
        () => parseRun(text),
        (error) => error instanceof RunFileError && place.test(error.message) && !error.message.includes('secret'),
        text.slice(0, 40),
      );
    }
  });

  test('that was saved before reports stated the requirements is readable; one that lacks some of their fields is not', () => {
    const earlier: Partial<Run> = frozenRun();
    for (const name of ['command_ms', 'deployment_wait_ms', 'history_scan_ms', 'live_commit', 'own_contract', 'requirements'] as const)
      Reflect.deleteProperty(earlier, name);
    const run = parseRun(JSON.stringify(earlier));
    assert.deepEqual([run.command_ms, run.history_scan_ms, run.live_commit, run.requirements], [null, 0, null, []]);
    assert.throws(() => parseRun(JSON.stringify({ ...earlier, command_ms: 1 })), RunFileError);
  });

  test('with earlier names of areas, or without the number of selected checks, is readable', () => {
    const { selected: _, ...earlier } = frozenRun();
    const [first, ...others] = earlier.checks;
    const run = parseRun(
      JSON.stringify({ ...earlier, areas: [{ area: 'leaks', requests: 1, ms: 2 }], checks: [{ ...first, area: 'honesty' }, ...others] }),
    );
    assert.deepEqual([run.selected, run.checks[0]?.area, run.areas[0]?.area], [earlier.checks.length, 'self-check', 'exposure']);
  });

  test('of an earlier audit is ignored if it cannot be read', (context) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'audit-run-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'run.json');
    assert.equal(readEarlierRun(file), undefined);
    for (const text of ['', '{}', '{"checks":{}}', '[]']) {
      writeFileSync(file, text);
      assert.equal(readEarlierRun(file), undefined, text);
    }
    writeFileSync(file, JSON.stringify(frozenRun()));
    assert.equal(readEarlierRun(file)?.started_at, frozenRun().started_at);
  });
});

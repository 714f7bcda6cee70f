import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

/** The architecture as one table: what a file must not import, and why. `to` matches a file of the repository or a package. */
type Rule = { from: RegExp; except?: RegExp; to: RegExp; typesAllowed?: true; why: string };

/** Each stage of the audit may import itself and those before it. */
const AUDIT_STAGES = ['model', 'contract', 'settings', 'gather', 'checks', 'run', 'report', 'runner', 'plan'] as const;
const TESTS = /\.test\.ts$|\/test\/|^[\w-]+\.test\.ts$/;
const STAND_INS = /^(rehearsal|resilience|proving|bench)\//;

const rules: readonly Rule[] = [
  { from: /^service\//, to: /^audit\//, except: TESTS, why: 'The service must not know how it is audited.' },
  { from: /^service\//, to: STAND_INS, except: TESTS, why: 'Only tests of the service may start its stand-ins.' },
  {
    from: /./,
    to: /^service\/server\.ts$|^audit\/runner\/(reporter|global-setup|audit\.spec)\.ts$/,
    except: TESTS,
    why: 'Entry points are not imported.',
  },
  {
    from: /^service\/(tasks|tags|auth|db)\/|^service\/(idempotency|values|errors)\.ts$/,
    except: TESTS,
    to: /^service\/((routes|middleware|http|openapi|rate-limit)\/|(app|context)\.ts$)|^express$/,
    why: 'Domain and database layers know neither HTTP nor the application around them.',
  },
  { from: /^service\/db\//, to: /^service\/(tasks|tags|auth)\//, except: TESTS, why: 'The database layer knows no domain.' },
  {
    from: /^audit\//,
    except: TESTS,
    to: /^service\//,
    why: "An audit that imports the service's constants agrees with its bugs: it reads contract/*.json.",
  },
  { from: /^audit\//, to: STAND_INS, except: TESTS, why: 'The audit must not know that it audits a rehearsal.' },
  ...AUDIT_STAGES.slice(0, -1).map((stage, index) => ({
    from: new RegExp(`^audit/${stage}/`),
    except: TESTS,
    to: new RegExp(`^audit/(${AUDIT_STAGES.slice(index + 1).join('|')})/`),
    why: `The stages of the audit point one way: ${AUDIT_STAGES.join(' <- ')}.`,
  })),
  {
    from: /^audit\/model\/|^audit\/checks\/[\w-]+\/judge[\w-]*\.ts$/,
    except: TESTS,
    to: /^node:|^@playwright\/|^audit\/gather\/|\/gather[\w-]*\.ts$/,
    typesAllowed: true,
    why: 'A judge is a pure function of the evidence.',
  },
  { from: /^proving\//, to: /^service\//, why: "Mutations change the service's sources as text." },
  {
    from: /^proving\//,
    to: /^audit\/(gather|checks\/[\w-]+)\//,
    except: TESTS,
    typesAllowed: true,
    why: 'Mutation testing knows checks by id only.',
  },
  {
    from: /^(rehearsal|resilience|bench)\//,
    except: /^rehearsal\/stand-ins\/app\/([\w-]+\.test|test\/[\w-]+)\.ts$/,
    to: /^(service|audit)\//,
    why: 'Service and audit are started as processes, as in production.',
  },
  {
    from: /^client\//,
    except: TESTS,
    to: /^(service|audit|proving|rehearsal|resilience|bench|tools)\/|^node:/,
    why: 'The client runs in any front end: it imports only the generated types and openapi-fetch.',
  },
  {
    from: /^rehearsal\/stand-ins\/app\/page\//,
    to: /^node:|^rehearsal\/(?!stand-ins\/app\/page\/)/,
    why: 'The page runs in a browser.',
  },
  {
    from: /^(service|audit|proving|resilience|bench)\/|^rehearsal\/(?!stand-ins\/app\/)/,
    to: /^client\//,
    why: 'The client is for front ends. An audit or a benchmark that used it would share its bugs.',
  },
  {
    from: /^rehearsal\/(process|stand-ins)\//,
    except: TESTS,
    to: /^(service|audit|proving|resilience|bench)\/|^rehearsal\/(?!process\/|stand-ins\/)/,
    why: 'Stand-ins and process helpers import nothing else of the project.',
  },
  {
    from: /^bench\/peers\/[\w-]+\.ts$/,
    to: /^bench\/(host|measures)\//,
    except: /peers\/peers(\.test)?\.ts$/,
    why: 'A peer is an independent server.',
  },
];

type Import = { to: string; isType: boolean };

const IMPORT = /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm;

const ROOT = path.join(import.meta.dirname, '..');

const graph = new Map(
  globSync('{*.ts,{service,audit,client,proving,rehearsal,resilience,bench,tools}/**/*.ts}', { cwd: ROOT, exclude: ['**/node_modules'] }).map(
    (found) => {
      const file = found.replaceAll('\\', '/');
      return [file, [...readFileSync(path.join(ROOT, file), 'utf8').matchAll(IMPORT)].map((match) => importOf(file, match))];
    },
  ),
);

function importOf(file: string, [, type, statement, dynamic]: RegExpMatchArray): Import {
  const specifier = statement ?? dynamic ?? '';
  const to = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier;
  return { to, isType: type !== undefined };
}

/** Each import cycle that a depth-first search meets, as a path. */
function findCycles(): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) return void cycles.push([...trail.slice(start), file].join(' -> '));
    if (done.has(file)) return;
    for (const { to } of graph.get(file) ?? []) if (graph.has(to)) visit(to, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

describe('imports', () => {
  test('are found by this test', () => {
    assert.ok(graph.size > 300, `${graph.size} files`);
    for (const { from, why } of rules)
      assert.ok(
        [...graph.keys()].some((file) => from.test(file)),
        `no file is subject to: ${why}`,
      );
  });

  test('point in the directions of the table', () => {
    const broken = [...graph].flatMap(([file, imports]) =>
      imports.flatMap(({ to, isType }) =>
        rules
          .filter((rule) => rule.from.test(file) && rule.except?.test(file) !== true && rule.to.test(to) && !(isType && rule.typesAllowed))
          .map(({ why }) => `${file} imports ${to}: ${why}`),
      ),
    );
    assert.deepEqual(broken, []);
  });

  test('have no cycle, types included', () => {
    assert.deepEqual(findCycles(), []);
  });
});

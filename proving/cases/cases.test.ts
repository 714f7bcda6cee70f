import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { checkIds } from '../../audit/checks/catalog.ts';
import type { ProvingCase } from './case.ts';
import { auditFaults, faults, soundVariants } from './all-cases.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const cases = [...faults, ...auditFaults, ...soundVariants];

/** These need a browser that CI need not have. */
const ELSEWHERE = ['browser-firefox', 'browser-webkit'];

describe('the cases of the mutation tests', () => {
  test('are numerous', () => {
    const kinds = (of: readonly ProvingCase[]): number => of.filter(({ variant }) => variant !== true).length;
    assert.ok(kinds(faults) >= 100, `${kinds(faults)} kinds of faults`);
    assert.ok(kinds(soundVariants) >= 20, `${kinds(soundVariants)} kinds of sound variants`);
  });

  test('have unique ids in kebab-case and a description of one line', () => {
    assert.deepEqual(cases.map(({ id }) => id).toSorted(), [...new Set(cases.map(({ id }) => id))].toSorted());
    for (const { id, what } of cases) {
      assert.match(id, /^[a-z0-9]+([-.][a-z0-9]+)*$/);
      assert.ok(what.length > 10 && !what.includes('\n'), id);
    }
  });

  test('have a fault for each check', () => {
    const kinds = faults.filter(({ variant }) => variant !== true);
    const caught = new Set([...kinds.flatMap(({ caughtBy }) => caughtBy), ...auditFaults.flatMap(({ noticedBy }) => noticedBy)]);
    assert.deepEqual(
      checkIds.filter((id) => !caught.has(id)),
      ELSEWHERE,
    );
  });

  test('have a difference, and mutations whose text occurs exactly once', () => {
    for (const { id, deployment, repository, api } of cases) {
      const mutations = [...(deployment?.source ?? []), ...(repository?.mutations ?? [])];
      assert.ok(mutations.length > 0 || repository?.commits !== undefined || api !== undefined || Object.keys(deployment ?? {}).length > 0, id);
      const texts = new Map<string, string>();
      for (const { file, from, to } of mutations) {
        const text = texts.get(file) ?? readFileSync(path.join(ROOT, file), 'utf8');
        assert.equal(text.split(from).length - 1, 1, `${id}: ${file} must contain exactly once: ${from}`);
        assert.notEqual(from, to, id);
        texts.set(
          file,
          text.replace(from, () => to),
        );
      }
    }
  });

  test('name the permanent fault of each intermittent one', () => {
    for (const { id, sometimes, caughtBy } of faults) {
      if (sometimes === undefined) continue;
      assert.ok(sometimes.share > 0 && sometimes.share < 1, id);
      const always = faults.find((fault) => fault.id === sometimes.of);
      assert.ok(always !== undefined && always.sometimes === undefined, `${id}: ${sometimes.of}`);
      assert.deepEqual(
        caughtBy.filter((check) => !always.caughtBy.includes(check)),
        [],
        id,
      );
    }
  });
});

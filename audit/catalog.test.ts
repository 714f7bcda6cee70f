import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { checkIds, checkOf, measures, requirements } from './catalog.ts';
import { readDecisions } from './probe/repository.ts';

const ROOT = path.join(import.meta.dirname, '..');
const SPECS = path.join(import.meta.dirname, 'checks');
const decisions = await readDecisions(path.join(ROOT, 'adr'));

/** Ids of the tests in audit/checks, in their order. */
function tested(): string[] {
  return readdirSync(SPECS)
    .toSorted()
    .flatMap((file) => {
      const text = readFileSync(path.join(SPECS, file), 'utf8');
      const ids = [...text.matchAll(/^check\('([^']+)', '(?:nothing|target|access)', /gm)].map(([, id]) => id ?? '');
      assert.equal([...text.matchAll(/\bcheck\(/g)].length, ids.length, `${file} declares checks in a way this test does not read`);
      assert.doesNotMatch(text, /\btest(\.\w+)?\(|\.only\(|\.fixme\(/, `${file} has a test that is no check`);
      return ids;
    });
}

describe('the catalogue', () => {
  test('has one test for each check, and a check for each test', () => {
    const ids = tested();
    assert.deepEqual(ids.toSorted(), [...checkIds].toSorted());
    assert.equal(new Set(ids).size, ids.length);
  });

  test('has ids in kebab-case and words for each check that differ from all others', () => {
    const titles = checkIds.flatMap((id) => [checkOf(id).title, checkOf(id).failed]);
    assert.equal(new Set(titles).size, titles.length, 'two checks, or a pass and a failure, read the same');
    for (const id of checkIds) {
      assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      for (const text of [checkOf(id).title, checkOf(id).failed, checkOf(id).why, checkOf(id).fix]) assert.ok(text.length > 10, `${id}: ${text}`);
    }
  });

  test('names for each check an accepted decision that names it under Confirmation', () => {
    for (const id of checkIds) {
      const decision = decisions.find((each) => each.id === checkOf(id).adr);
      assert.equal(decision?.status, 'accepted', `${id}: decision ${checkOf(id).adr}`);
      assert.ok(decision.checks.includes(id), `${decision.file} does not name ${id} under Confirmation`);
    }
  });

  test('is covered by requirements and covers each of them', () => {
    const known = Object.keys(requirements);
    const proven = new Set(checkIds.flatMap((id) => checkOf(id).requirements));
    for (const id of checkIds) assert.ok(checkOf(id).requirements.length > 0, `${id} proves no requirement`);
    assert.deepEqual(
      known.filter((id) => !proven.has(id as keyof typeof requirements)),
      [],
    );
  });

  test('shows each measure by checks that exist', () => {
    for (const { measure, checks } of measures) {
      assert.ok(checks.length > 0, measure);
      for (const id of checks) assert.ok(checkIds.includes(id), `${measure}: ${id}`);
      assert.equal(new Set(checks).size, checks.length, measure);
    }
  });
});

describe('the decisions', () => {
  test('are numbered without gaps, titled like their files, and listed', () => {
    const index = readFileSync(path.join(ROOT, 'adr', 'README.md'), 'utf8');
    assert.deepEqual(
      decisions.map(({ id }) => Number(id)),
      decisions.map((_, position) => position + 1),
    );
    for (const { id, file, title } of decisions) {
      const slug = title
        .toLowerCase()
        .replaceAll("'", '')
        .replaceAll(/[^a-z0-9]+/g, '-')
        .replaceAll(/^-|-$/g, '');
      assert.equal(path.basename(file), `${id}-${slug}.md`);
      assert.ok(index.includes(`[${id}](${path.basename(file)})`), `adr/README.md does not list ${id}`);
    }
  });

  test('name checks that exist, or say why none can confirm them', () => {
    const known = new Set<string>(checkIds);
    for (const { file, checks, saysWhyNot } of decisions) {
      assert.deepEqual(
        checks.filter((id) => !known.has(id)),
        [],
        file,
      );
      assert.ok(checks.length > 0 || saysWhyNot, `${file} names no check and does not say "No check of the audit can confirm this"`);
    }
  });

  test('have in the index the checks they name', () => {
    const rows = readFileSync(path.join(ROOT, 'adr', 'README.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| ['));
    assert.equal(rows.length, decisions.length);
    for (const { id, title, status, checks } of decisions) {
      const cells = (rows.find((row) => row.startsWith(`| [${id}]`)) ?? '').split('|').map((each) => each.trim());
      assert.deepEqual([cells[2], cells[3]], [title, status]);
      assert.deepEqual(
        [...(cells[4] ?? '').matchAll(/`([a-z0-9-]+)`/g)].map(([, check]) => check),
        checks,
        id,
      );
    }
  });

  test('keep their headings and their length', () => {
    for (const { file } of decisions) {
      const text = readFileSync(file, 'utf8');
      for (const heading of ['Context', 'Decision', 'Options considered', 'Consequences', 'Confirmation'])
        assert.match(text, new RegExp(`^## ${heading}$`, 'm'), `${file}: ${heading}`);
      assert.ok(text.split(/\s+/).length <= 480, `${file} has ${text.split(/\s+/).length} words`);
    }
  });
});

/** The anchors GitHub gives to the headings of a document. */
function anchorsOf(markdown: string): Set<string> {
  return new Set(
    [...markdown.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function linksOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').replaceAll(/`[^`\n]*`/g, '`');
  return [...prose.matchAll(/(?<!\\)\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '').filter((target) => !/^(https?|mailto):/.test(target));
}

describe('links to the repository', () => {
  const documents = ['README.md', 'AUDIT_REPORT.md', 'adr/README.md', ...decisions.map(({ file }) => path.relative(ROOT, file))].filter((file) =>
    existsSync(path.join(ROOT, file)),
  );
  for (const document of documents) {
    test(`of ${document} lead to files and headings`, () => {
      const from = path.join(ROOT, document);
      for (const link of linksOf(readFileSync(from, 'utf8'))) {
        const [file = '', anchor] = link.split('#');
        const to = file === '' ? from : path.join(path.dirname(from), decodeURIComponent(file));
        assert.ok(existsSync(to), `${link}: there is no such file`);
        if (anchor !== undefined && anchor !== '' && statSync(to).isFile())
          assert.ok(anchorsOf(readFileSync(to, 'utf8')).has(anchor), `${link}: there is no such heading`);
      }
    });
  }
});

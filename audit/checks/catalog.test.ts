import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { allEvidence, checkIds, checkOf, measures } from './catalog.ts';
import { SEVERITIES } from '../model/severity.ts';
import { furtherReferences, requirementIds, requirementOf } from './requirements.ts';
import { readDecisions } from './configuration/gather.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const decisions = await readDecisions(path.join(ROOT, 'adr'));

describe('the catalog', () => {
  test('has ids in kebab-case, and distinct texts for each check', () => {
    const titles = checkIds.flatMap((id) => [checkOf(id).title, checkOf(id).failed]);
    assert.equal(new Set(titles).size, titles.length, 'two checks, or a pass and a failure, have the same text');
    for (const id of checkIds) {
      assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      for (const text of [checkOf(id).title, checkOf(id).failed, checkOf(id).why, checkOf(id).fix]) assert.ok(text.length > 10, `${id}: ${text}`);
    }
  });

  test('has first parts of evidence that are gathered alone and with the same tenants', () => {
    const begun = allEvidence.flatMap(({ begins, ...whole }) => (begins === undefined ? [] : [{ begins, whole }]));
    assert.ok(begun.length > 0);
    for (const { begins, whole } of begun) assert.deepEqual([begins.alone, whole.alone, begins.tenantsOf], [true, true, whole.name]);
  });

  test('has less severe findings with codes that judges report', () => {
    const judges = globSync('audit/**/judge*.ts', { cwd: ROOT, exclude: (file) => file.endsWith('.test.ts') });
    const text = judges.map((file) => readFileSync(path.join(ROOT, file), 'utf8')).join('\n');
    for (const id of checkIds) {
      const { severity, lesser = {}, failed } = checkOf(id);
      for (const [code, finding] of Object.entries(lesser)) {
        assert.ok(text.includes(`'${code}'`), `${id}: no judge reports ${code}`);
        assert.ok(SEVERITIES.indexOf(finding.severity) > SEVERITIES.indexOf(severity), `${id}: ${code}`);
        assert.ok(finding.failed.length > 10 && finding.failed !== failed, `${id}: ${code}`);
      }
    }
  });

  test('has for each check an accepted decision that names it under Confirmation', () => {
    for (const id of checkIds) {
      const decision = decisions.find((each) => each.id === checkOf(id).adr);
      assert.equal(decision?.status, 'accepted', `${id}: decision ${checkOf(id).adr}`);
      assert.ok(decision.checks.includes(id), `${decision.file} does not name ${id} under Confirmation`);
    }
  });

  test('has existing checks for each measure', () => {
    for (const { measure, checks } of measures) {
      assert.ok(checks.length > 0, measure);
      for (const id of checks) assert.ok(checkIds.includes(id), `${measure}: ${id}`);
      assert.equal(new Set(checks).size, checks.length, measure);
    }
  });
});

/** What a run measures or lists, with or without checks. */
const MEASURED = ['SC-001', 'SC-004', 'US3.2'];

describe('the requirements', () => {
  test('have the ids and words of the specification', () => {
    const words = requirementIds.map((id) => [id, requirementOf(id).demand, requirementOf(id).here]);
    const hash = createHash('sha256').update(JSON.stringify(words)).digest('hex');
    assert.equal(
      hash,
      '0d15785b355de9260f0f578318b42a7d0f654ef8d8d9588ba12a2ddff10f62f8',
      "ids and words are the user's: change them only where the specification has changed",
    );
  });

  test('are each proven by a check, by a test or by a measurement of the run', () => {
    const proven = new Set<string>(checkIds.flatMap((id) => checkOf(id).requirements));
    assert.deepEqual(
      requirementIds.filter((id) => !proven.has(id) && requirementOf(id).tested === undefined && !MEASURED.includes(id)),
      [],
    );
  });

  test('are, with further references, all that checks name, each once', () => {
    const known = new Set<string>([...requirementIds, ...Object.keys(furtherReferences)]);
    for (const id of checkIds) {
      const { requirements } = checkOf(id);
      for (const reference of requirements) assert.ok(known.has(reference), `${id}: ${reference}`);
      assert.equal(new Set(requirements).size, requirements.length, id);
    }
  });

  test('state what only a stage shows exactly where a check needs one', () => {
    const onStage = new Set<string>(checkIds.filter((id) => checkOf(id).onStageOnly === true).flatMap((id) => checkOf(id).requirements));
    assert.deepEqual(
      requirementIds.filter((id) => requirementOf(id).onStage !== undefined),
      requirementIds.filter((id) => onStage.has(id)),
    );
  });

  test('name tests that exist, with titles that those files have', () => {
    for (const id of requirementIds) {
      for (const { file, title } of requirementOf(id).tested?.tests ?? []) {
        const at = path.join(ROOT, file);
        assert.ok(existsSync(at), `${id}: there is no ${file}`);
        const titles = [...readFileSync(at, 'utf8').matchAll(/\b(?:test|describe)\(\s*(['"`])(.*?)\1,/g)].map(([, , words]) => words ?? '');
        assert.ok(
          titles.some((words) => words.includes(title)),
          `${id}: no test in ${file} is called "${title}"`,
        );
      }
    }
  });

  test('exist for every id of that form in the files of this repository', () => {
    const known = new Set<string>(requirementIds);
    const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' }).split('\0');
    const texts = files.filter((file) => file !== '' && existsSync(path.join(ROOT, file)));
    assert.ok(texts.length > 100, `${texts.length} files`);
    for (const file of texts) {
      for (const [id] of readFileSync(path.join(ROOT, file), 'utf8').matchAll(/\b(?:(?:FR|SC|EC)-\d+|US\d+\.\d+|PLAN-\w+)\b/g))
        assert.ok(known.has(id), `${file}: there is no requirement ${id}`);
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

  test('name checks that exist, or state why none can confirm them', () => {
    const known = new Set<string>(checkIds);
    for (const { file, checks, saysWhyNot } of decisions) {
      assert.deepEqual(
        checks.filter((id) => !known.has(id)),
        [],
        file,
      );
      assert.ok(checks.length > 0 || saysWhyNot, `${file} names no check and does not contain "No check of the audit can confirm this"`);
    }
  });

  test('have in the index the checks that they name', () => {
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

/** The anchors that GitHub gives to the headings of a document. */
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
  const documents = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && !file.includes('testdata') && existsSync(path.join(ROOT, file)));
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

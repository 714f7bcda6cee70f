import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { appendOutput, findUnwritable, writeOutputs } from './output-files.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'outputs-'));
  writeFileSync(path.join(folder, 'file'), 'a file');
});
after(() => rmSync(folder, { recursive: true }));

const at = (...parts: readonly string[]): string => path.join(folder, ...parts);
const problemsOf = (...files: readonly string[]): string[] =>
  findUnwritable(
    files.map((file) => ({ setting: 'AUDIT_REPORT', file })),
    [],
  );
const write = (file: string, text = 'text'): string | undefined => writeOutputs([{ setting: 'AUDIT_REPORT', file, text }]).get(file);

/** A folder on a separate volume, because root ignores permissions. */
function mount(context: TestContext, name: string, options: string): string | undefined {
  const place = at(name);
  mkdirSync(place);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  context.after(() => execFileSync('umount', [place]));
  return place;
}

describe('an output that cannot be written', () => {
  test('is reported before anything is sent, with the reason and what to do', () => {
    mkdirSync(at('folder'));
    assert.deepEqual(problemsOf(at('folder')), [`AUDIT_REPORT: cannot write ${at('folder')} (is a directory). Give a file path.`]);
    assert.deepEqual(problemsOf(`${at('new')}/`), [`AUDIT_REPORT: cannot write ${at('new')}/ (is a directory). Give a file path.`]);
    const below = at('file', 'below', 'report.md');
    const relative = path.relative('', at('file'));
    assert.deepEqual(problemsOf(below), [
      `AUDIT_REPORT: cannot write ${below} (${relative} is not a directory). Give another path, or make this one writable.`,
    ]);
    assert.match(problemsOf(at(`${'long'.repeat(100)}.md`))[0] ?? '', /\(name too long\)/);
  });

  test('is reported if another output is the same file', () => {
    const report = { setting: 'AUDIT_REPORT', file: path.relative('', at('run.json')) };
    const [problem] = findUnwritable([{ setting: 'AUDIT_RUN', file: at('run.json') }, report], []);
    assert.match(problem ?? '', /^AUDIT_REPORT: cannot write .*run\.json \(AUDIT_RUN writes the same file\)\. Give another path/);
  });

  test('is reported once if several have the same cause, folders included', () => {
    const files = ['a', 'b'].map((name) => ({ setting: 'AUDIT_RUN', file: at('file', name) }));
    assert.equal(findUnwritable(files, [{ setting: 'AUDIT_RUN', file: at('file', 'journal') }]).length, 1);
    assert.match(findUnwritable([], [{ setting: 'AUDIT_RUN', file: at('file') }])[0] ?? '', /^AUDIT_RUN: cannot write .* is not a directory\)/);
  });

  test('is reported on a read-only volume', (context) => {
    const place = mount(context, 'read-only', 'ro');
    if (place === undefined) chmodSync(at('read-only'), 0o555);
    if (place === undefined && process.getuid?.() === 0) return context.skip('volumes cannot be mounted here');
    assert.match(problemsOf(at('read-only', 'new', 'report.md'))[0] ?? '', /\((read-only file system|permission denied)\)/);
    return undefined;
  });

  test('is reported on a full volume, and leaves no partial file when the volume fills up later', (context) => {
    const place = mount(context, 'full', 'size=16k');
    if (place === undefined) return context.skip('volumes cannot be mounted here');
    const report = path.join(place, 'report.md');
    assert.deepEqual(problemsOf(report), []);
    assert.match(write(report, 'x'.repeat(1_000_000)) ?? '', /\(no space left on device\)/);
    assert.deepEqual(readdirSync(place), []);
    assert.throws(() => writeFileSync(path.join(place, 'filler'), 'x'.repeat(1_000_000)), /ENOSPC/);
    assert.match(problemsOf(report)[0] ?? '', /\(no space left on device\)/);
    return undefined;
  });

  test('fails alone if the problem occurs late: the others are written, and no partial file remains', () => {
    const names = ['became-a-folder.md', 'written.md'].map((name) => at('late', name));
    mkdirSync(names[0] ?? '', { recursive: true });
    const failed = writeOutputs(names.map((file) => ({ setting: 'AUDIT_REPORT', file, text: 'text' })));
    assert.deepEqual([...failed.keys()], [names[0]]);
    assert.match([...failed.values()].join(), /\(is a directory\)\. Give a file path\.$/);
    assert.deepEqual(readdirSync(at('late')).toSorted(), ['became-a-folder.md', 'written.md']);
    assert.match(write('/dev/full') ?? '', /^AUDIT_REPORT: cannot write \/dev\/full \(no space left on device\)/);
    assert.match(appendOutput({ setting: 'GITHUB_STEP_SUMMARY', file: '/dev/full' }, 'text') ?? '', /^GITHUB_STEP_SUMMARY: cannot write/);
  });
});

describe('an output that can be written', () => {
  test('has no problems, and checking it leaves no files', () => {
    assert.deepEqual(problemsOf(at('missing', 'parents', 'report.md'), at('file'), '/dev/stdout'), []);
    assert.deepEqual([existsSync(at('missing')), readFileSync(at('file'), 'utf8')], [false, 'a file']);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    );
  });

  test('gets its parent folders and replaces an earlier file atomically', () => {
    const file = at('above', 'it', 'report.md');
    assert.equal(write(file, 'before'), undefined);
    assert.equal(write(file, 'after'), undefined);
    assert.deepEqual([readdirSync(path.dirname(file)), readFileSync(file, 'utf8')], [['report.md'], 'after']);
  });

  test('remains a link or a device', () => {
    writeFileSync(at('linked.md'), 'before');
    symlinkSync(at('linked.md'), at('link.md'));
    assert.equal(write(at('link.md'), 'after'), undefined);
    assert.equal(readFileSync(at('linked.md'), 'utf8'), 'after');
    assert.equal(write('/dev/null'), undefined);
    assert.equal(readFileSync('/dev/null', 'utf8'), '');
  });

  test('is overwritten if the file itself is a mount point', (context) => {
    for (const name of ['outside.md', 'mounted.md']) writeFileSync(at(name), 'before');
    try {
      execFileSync('mount', ['--bind', at('outside.md'), at('mounted.md')], { stdio: 'ignore' });
    } catch {
      return context.skip('files cannot be mounted here');
    }
    context.after(() => execFileSync('umount', [at('mounted.md')]));
    assert.deepEqual([problemsOf(at('mounted.md')), write(at('mounted.md'), 'after')], [[], undefined]);
    assert.equal(readFileSync(at('outside.md'), 'utf8'), 'after');
    return undefined;
  });
});

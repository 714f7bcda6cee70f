import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createJournal } from './journal.ts';

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'journal-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return path.join(folder, 'journal');
}

/** The id of a process that has ended. */
const dead = spawnSync(process.execPath, ['-e', '0']).pid;
const entry = { apiUrl: 'https://api.example.com', pid: dead, minted: true, userIds: ['audit-1-a'] };

describe('a journal', () => {
  test('is on disk before an object is created, and deleted when every object is', (context) => {
    const folder = folderOf(context);
    const journal = createJournal(folder, 'one');
    assert.equal(existsSync(folder), false, 'nothing is written before the first object');
    journal.open(() => entry);
    journal.open(() => entry);
    assert.deepEqual(readdirSync(folder), ['journal-one.json']);
    journal.close();
    assert.deepEqual(readdirSync(folder), []);
    journal.close();
  });

  test('gives the next run the journal of one that did not end', (context) => {
    const folder = folderOf(context);
    createJournal(folder, 'crashed').open(() => entry);
    const found = createJournal(folder, 'next').abandoned();
    assert.deepEqual(
      found.map((each) => each.entry),
      [entry],
    );
    found.forEach(({ forget }) => forget());
    assert.deepEqual(createJournal(folder, 'next').abandoned(), []);
  });

  test('has the tenants of every part of a run', (context) => {
    const folder = folderOf(context);
    const crashed = createJournal(folder, 'crashed');
    crashed.open(() => entry);
    crashed.addOwners(['audit-1-tags-a', 'audit-1-a']);
    crashed.add({ collection: 'tags', id: '7', userId: 'audit-1-tags-a' });
    const [found] = createJournal(folder, 'next').abandoned();
    assert.deepEqual(found?.entry.userIds, ['audit-1-a', 'audit-1-tags-a']);
    assert.deepEqual(found?.objects, [{ collection: 'tags', id: '7', userId: 'audit-1-tags-a' }]);
  });

  test('ignores a run that is still running', (context) => {
    const folder = folderOf(context);
    createJournal(folder, 'living').open(() => ({ ...entry, pid: process.pid }));
    assert.deepEqual(createJournal(folder, 'next').abandoned(), []);
  });

  test('does not report its own run as abandoned', (context) => {
    const journal = createJournal(folderOf(context), 'own');
    journal.open(() => entry);
    assert.deepEqual(journal.abandoned(), []);
  });

  test('finds nothing without a folder, and ignores other files', (context) => {
    const folder = folderOf(context);
    assert.deepEqual(createJournal(folder, 'next').abandoned(), []);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'notes.txt'), 'no journal');
    assert.deepEqual(createJournal(folder, 'next').abandoned(), []);
  });

  test('a truncated journal does not stop later runs', (context) => {
    const folder = folderOf(context);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'journal-cut.json'), '{"apiUrl":"https://a');
    assert.doesNotThrow(() => createJournal(folder, 'next').abandoned());
  });
});

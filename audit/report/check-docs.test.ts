import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { checkIds, checkOf } from '../checks/catalog.ts';
import { readDecisions } from '../checks/configuration/gather.ts';
import { sources } from '../checks/references.ts';
import { checkPages } from './check-docs.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const FOLDER = path.join(ROOT, 'docs', 'checks');
const pages = checkPages(await readDecisions(path.join(ROOT, 'adr')));

describe('the pages of checks', () => {
  test('are one per check, and an index', () => {
    assert.deepEqual(Object.keys(pages).toSorted(), [...checkIds.map((id) => `${id}.md`), 'README.md'].toSorted());
  });

  test('link to existing files', () => {
    for (const [name, text] of Object.entries(pages)) {
      const links = [...text.matchAll(/(?<!\\)\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter((target) => !target.startsWith('https:'));
      assert.ok(links.length > 0, name);
      for (const link of links) assert.ok(existsSync(path.join(FOLDER, link)), `${name}: ${link}`);
    }
  });

  test('contain the texts of the catalog in full', () => {
    for (const id of checkIds) {
      const words = (pages[`${id}.md`] ?? '').replaceAll(/[\\`]/g, '').replaceAll('&lt;', '<').replaceAll('&amp;', '&');
      const { title, failed, sends, proof, why, fix, general } = checkOf(id);
      for (const text of [title, failed, sends, proof ?? '', why, fix, general])
        assert.ok(words.includes(text.replaceAll(/[\\`]/g, '')), `${id}: ${text}`);
    }
  });

  test('use every reference, and link to it over https', () => {
    const used = new Set(checkIds.flatMap((id) => [...checkOf(id).sources, ...(checkOf(id).classes ?? []).map(({ source }) => source)]));
    assert.deepEqual(
      Object.keys(sources).filter((source) => !used.has(source as keyof typeof sources)),
      [],
    );
    for (const { url } of Object.values(sources)) assert.equal(URL.parse(url)?.protocol, 'https:', url);
    for (const id of checkIds) assert.equal(new Set(checkOf(id).sources).size, checkOf(id).sources.length, id);
  });
});

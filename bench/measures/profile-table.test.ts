import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { build } from 'esbuild';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { meanOf, ownersOfLines, renderProfile, sharesOf } from './profile-table.ts';

describe('a profile by packages', () => {
  test('finds the package of each line of a bundle, in this clone and from another directory', async () => {
    const contents = `import { markdownTable } from 'markdown-table';\nimport { format } from './bench/measures/figures.ts';\nconsole.log(markdownTable([[format(1)]]));`;
    for (const working of [repository, import.meta.dirname]) {
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: repository, loader: 'ts' },
        absWorkingDir: working,
        bundle: true,
        write: false,
        banner: { js: 'const banner = 1;' },
        format: 'cjs',
        platform: 'node',
      });
      const text = outputFiles[0]?.text ?? '';
      const owners = ownersOfLines(text);
      const ownerOf = (part: string): string | undefined => owners[text.split('\n').findIndex((line) => line.includes(part))];
      assert.equal(ownerOf('function markdownTable('), 'markdown-table');
      assert.equal(ownerOf('function format('), 'own code');
      assert.equal(ownerOf('const banner'), 'the bundle itself');
    }
  });

  test('divides the time that was not idle', () => {
    const at = (functionName: string, url = '', lineNumber = 0): { functionName: string; url: string; lineNumber: number } => ({
      functionName,
      url,
      lineNumber,
    });
    const frames = [
      at('(idle)'),
      at('writev'),
      at('emit', 'node:events', 7),
      at('query', 'file:///app/dist/server.js', 1),
      at('list', '/app/dist/server.js', 0),
    ];
    const profile = {
      nodes: frames.map((callFrame, id) => ({ id, callFrame })),
      samples: [0, 1, 2, 3, 3, 4],
      timeDeltas: [500, 40, 20, 10, 20, 10],
    };
    assert.deepEqual(
      [...sharesOf(profile, ['the service', 'pg'])],
      [
        ['writev', 0.4],
        ['node', 0.2],
        ['pg', 0.3],
        ['the service', 0.1],
      ],
    );
  });

  test('renders microseconds per request, with small shares in one line', () => {
    const profiled = [
      {
        name: 'before',
        cpuMicroseconds: 1_000,
        shares: new Map([
          ['kysely', 0.5],
          ['pg', 0.498],
          ['qs', 0.002],
        ]),
      },
      {
        name: 'after',
        cpuMicroseconds: 500,
        shares: new Map([
          ['pg', 0.99],
          ['ms', 0.01],
        ]),
      },
    ];
    assert.deepEqual(
      renderProfile(profiled, 'request', 6)
        .split('\n')
        .slice(2)
        .map((line) => line.replaceAll(/ +/g, ' ')),
      ['| kysely | 500 | 0 |', '| pg | 498 | 495 |', '| 2 more, each less than 6 | 2 | 5 |', '| total | 1,000 | 500 |'],
    );
  });

  test('averages several starts by their time', () => {
    const one = { cpuMicroseconds: 300, shares: new Map([['express', 1]]) };
    const other = {
      cpuMicroseconds: 100,
      shares: new Map([
        ['express', 0.2],
        ['pg', 0.8],
      ]),
    };
    const { name, cpuMicroseconds, shares } = meanOf('service', [one, other]);
    assert.deepEqual(
      [name, cpuMicroseconds, (shares.get('express') ?? 0).toFixed(2), (shares.get('pg') ?? 0).toFixed(2)],
      ['service', 200, '0.80', '0.20'],
    );
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

type Variable = { name: string; required_in: string[]; secret: boolean; default: Record<string, unknown> };

test('the settings table of the README matches contract/environment.json', () => {
  const { variables } = JSON.parse(readFileSync('contract/environment.json', 'utf8')) as { variables: Variable[] };
  const table = readFileSync('README.md', 'utf8').split('| variable | production | default | meaning |')[1] ?? '';
  const rows = table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, 4)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  const expected = variables.map(({ name, required_in, secret, default: defaults }) => [
    name,
    `${required_in.includes('production') ? 'required' : 'optional'}${secret ? ', secret' : ''}`,
    'production' in defaults ? String(defaults['production']) : '',
  ]);
  assert.deepEqual(rows, expected);
});

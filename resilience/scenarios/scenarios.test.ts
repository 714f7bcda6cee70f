import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseScenarios, scenarios } from './scenarios.ts';

describe('choosing scenarios', () => {
  test('returns all without names, and otherwise the named ones in the order of the list', () => {
    assert.deepEqual(chooseScenarios([]), scenarios);
    const [first, second, third] = scenarios;
    assert.ok(first && second && third);
    assert.deepEqual(chooseScenarios([third.name, first.name]), [first, third]);
  });

  test('rejects unknown names and lists the known ones', () => {
    assert.throws(() => chooseScenarios(['locked-table', 'flood', 'fire']), /^Error: There is no fault flood, fire\. There are: .*locked-table/);
  });

  test('gives each a unique name that needs no quoting on a command line', () => {
    assert.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length);
    for (const { name, title } of scenarios) {
      assert.match(name, /^[a-z]+(-[a-z]+)*$/);
      assert.doesNotMatch(title, /[|\n]/, 'it must fit in a table');
    }
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseScenarios, scenarios } from './scenarios.ts';

describe('the choice of faults', () => {
  test('is all of them without a name, else those named, in their own order', () => {
    assert.deepEqual(chooseScenarios([]), scenarios);
    const [first, second, third] = scenarios;
    assert.ok(first && second && third);
    assert.deepEqual(chooseScenarios([third.name, first.name]), [first, third]);
  });

  test('refuses names that do not exist, with those that do', () => {
    assert.throws(() => chooseScenarios(['locked-table', 'flood', 'fire']), /^Error: no fault is called flood or fire\. There are: .*locked-table/);
  });

  test('has a name of its own for each, as a command line takes it', () => {
    assert.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length);
    for (const { name, title } of scenarios) {
      assert.match(name, /^[a-z]+(-[a-z]+)*$/);
      assert.doesNotMatch(title, /[|\n]/, 'it stands in a table');
    }
  });
});

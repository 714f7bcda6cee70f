import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkIds } from '../checks/catalog.ts';
import type { Outcome } from '../model/verdict.ts';
import { renderJunit } from './junit.ts';
import type { CheckResult, Run } from '../run/run.ts';
import { assertGolden, frozenRun, NASTY, unstartedRun } from '../test/frozen-run.ts';
import { everyElement, parseXml, type XmlElement } from '../test/parse-xml.ts';

const xml = renderJunit(frozenRun());

/** The structure on which the XSDs of Ant, Jenkins and Surefire agree, with the testcase properties that pytest added. */
const ALLOWED: Readonly<Record<string, { attributes: readonly string[]; children: readonly string[] }>> = {
  testsuites: { attributes: ['name', 'tests', 'failures', 'errors', 'skipped', 'time', 'timestamp'], children: ['testsuite'] },
  testsuite: { attributes: ['name', 'tests', 'failures', 'errors', 'skipped', 'time', 'timestamp'], children: ['properties', 'testcase'] },
  testcase: { attributes: ['name', 'classname', 'file', 'time'], children: ['properties', 'skipped', 'failure', 'error'] },
  properties: { attributes: [], children: ['property'] },
  property: { attributes: ['name', 'value'], children: [] },
  skipped: { attributes: ['message'], children: [] },
  failure: { attributes: ['message', 'type'], children: [] },
  error: { attributes: ['message', 'type'], children: [] },
};

function named(element: XmlElement, name: string): XmlElement[] {
  return everyElement(element).filter((each) => each.name === name);
}

function withOutcome(outcome: Outcome): Run {
  return { ...frozenRun(), checks: frozenRun().checks.map((check, index): CheckResult => (index === 0 ? { ...check, outcome } : check)) };
}

describe('the JUnit report', () => {
  test('of a frozen run is the golden one', () => assertGolden('junit.xml', xml));

  test('has only elements and attributes of the format, and every required attribute', () => {
    for (const run of [frozenRun(), unstartedRun()]) {
      for (const { name, attributes, children } of everyElement(parseXml(renderJunit(run)))) {
        const allowed = ALLOWED[name];
        assert.ok(allowed !== undefined, name);
        assert.deepEqual(Object.keys(attributes), allowed.attributes, name);
        for (const child of children) assert.ok(allowed.children.includes(child.name), `${child.name} in ${name}`);
        for (const number of ['tests', 'failures', 'errors', 'skipped']) if (number in attributes) assert.match(attributes[number] ?? '', /^\d+$/);
        if ('time' in attributes) assert.match(attributes['time'] ?? '', /^\d+\.\d{3}$/);
        if ('timestamp' in attributes) assert.match(attributes['timestamp'] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
      }
    }
  });

  test('has one testcase per check and the right counts in every suite', () => {
    const root = parseXml(renderJunit(unstartedRun()));
    const names = named(root, 'testcase').map(({ attributes }) => attributes['name']);
    assert.deepEqual(new Set(names), new Set<string | undefined>(checkIds));
    assert.equal(names.length, checkIds.length);
    for (const suite of [root, ...named(root, 'testsuite'), parseXml(xml), ...named(parseXml(xml), 'testsuite')]) {
      assert.deepEqual(
        [suite.attributes['tests'], suite.attributes['failures'], suite.attributes['errors'], suite.attributes['skipped']],
        ['testcase', 'failure', 'error', 'skipped'].map((name) => String(named(suite, name).length)),
      );
    }
  });

  for (const [outcome, element] of [
    ['pass', undefined],
    ['fail', 'failure'],
    ['inconclusive', 'error'],
    ['not run', 'error'],
    ['not applicable', 'skipped'],
  ] as const) {
    test(`${outcome} is ${element ?? 'a testcase without a result element'}`, () => {
      const [first] = named(parseXml(renderJunit(withOutcome(outcome))), 'testcase');
      assert.deepEqual(
        first?.children.map(({ name }) => name).filter((name) => name !== 'properties'),
        element === undefined ? [] : [element],
      );
    });
  }

  test('has the area, severity, decision and requirements of each check', () => {
    for (const testcase of named(parseXml(xml), 'testcase')) {
      const check = frozenRun().checks.find(({ id }) => id === testcase.attributes['name']);
      const properties = Object.fromEntries(named(testcase, 'property').map(({ attributes }) => [attributes['name'], attributes['value']]));
      assert.deepEqual(properties, {
        area: check?.area,
        severity: check?.severity,
        adr: check?.adr,
        requirements: check?.requirement.join(', '),
      });
    }
  });

  test('replaces only characters that XML does not allow', () => {
    const [failure] = named(parseXml(xml), 'failure');
    // oxlint-disable-next-line no-control-regex -- The text contains NUL and ESC.
    assert.equal(failure?.attributes['message'], NASTY.replaceAll(/[\u0000\u001b]/g, '\ufffd'));
    const lone = renderJunit({ ...frozenRun(), checks: frozenRun().checks.map((check) => ({ ...check, summary: 'a\ud800\ufffe\uffff<b' })) });
    for (const { attributes } of named(parseXml(lone), 'error')) assert.match(attributes['message'] ?? '', /: a\ufffd{3}<b$/);
  });
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { checkOf, isCheckId } from '../../checks/catalog.ts';
import type { Outcome } from '../../model/verdict.ts';
import { renderHtml } from './page.ts';
import { type Run } from '../../run/run.ts';
import { assertGolden, frozenRun, NASTY, unstartedRun } from '../../test/frozen-run.ts';
import { everyElement, parseXml, type XmlElement } from '../../test/parse-xml.ts';

const page = renderHtml(frozenRun());
const root = parseXml(page);

function textOf(element: XmlElement | undefined): string {
  return element === undefined ? '' : [element.text, ...element.children.map(textOf)].join(' ').replaceAll(/\s+/g, ' ').trim();
}

function named(element: XmlElement, name: string): XmlElement[] {
  return everyElement(element).filter((each) => each.name === name);
}

function withClass(element: XmlElement, name: string): XmlElement[] {
  return everyElement(element).filter(({ attributes }) => (attributes['class'] ?? '').split(' ').includes(name));
}

function targetOf(attributes: XmlElement['attributes']): string {
  return (attributes['href'] ?? '').slice(1);
}

describe('the page', () => {
  test('of a frozen run is the golden one', () => assertGolden('report.html', page));

  test('is well-formed for every run', () => {
    for (const run of [unstartedRun(), { ...frozenRun(), checks: [], areas: [], cors: [], isolation: [], decisions: [] }]) parseXml(renderHtml(run));
  });

  test('is self-contained: no script, no URL, and a policy that allows only its own style', () => {
    const [style] = named(root, 'style');
    const css = /<style>(.*)<\/style>/s.exec(page)?.[1] ?? '';
    const [policy] = named(root, 'meta').filter(({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy');
    const hash = createHash('sha256').update(css).digest('base64');
    assert.equal(policy?.attributes['content'], `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
    assert.doesNotMatch(style?.text ?? '', /url\(|@import|@font-face/);
    for (const { name, attributes } of everyElement(root)) {
      assert.ok(!['script', 'link', 'img', 'iframe', 'object', 'form', 'base'].includes(name), name);
      for (const [key, value] of Object.entries(attributes)) {
        assert.ok(!key.startsWith('on') && !['src', 'style', 'srcset', 'action'].includes(key), `${key} on ${name}`);
        if (key === 'href') assert.match(value, /^#/);
      }
    }
  });

  test('has only links to its own elements, and unique ids', () => {
    const ids = everyElement(root).flatMap(({ attributes }) => attributes['id'] ?? []);
    assert.equal(new Set(ids).size, ids.length);
    const known = new Set(ids);
    // Requirements and measures link to every check of the catalog; this run has only some of them.
    const links = named(root, 'a').filter(({ attributes }) => !isCheckId(targetOf(attributes).replace('check-', '')));
    for (const { attributes } of [...links, ...named(root, 'use')]) assert.ok(known.has(targetOf(attributes)), targetOf(attributes));
    const whole = parseXml(renderHtml(unstartedRun()));
    const all = new Set(everyElement(whole).flatMap(({ attributes }) => attributes['id'] ?? []));
    for (const { attributes } of named(whole, 'a')) assert.ok(all.has(targetOf(attributes)), targetOf(attributes));
  });

  test('shows responses as text only', () => {
    const wanted = NASTY.slice(0, NASTY.indexOf('\n'));
    assert.ok(textOf(root).includes(wanted) && textOf(root).includes('<script>alert(1)</script></details><img src=x onerror=1>'));
    // oxlint-disable-next-line no-control-regex -- The page must contain neither control nor bidirectional characters.
    assert.doesNotMatch(page, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });

  test('states in words what colors and shapes mean', () => {
    for (const icon of withClass(root, 'icon')) assert.equal(icon.attributes['aria-hidden'], 'true');
    for (const link of withClass(root, 'strip').flatMap(({ children }) => children))
      assert.match(textOf(link), /^[a-z-]+: (pass|fail|inconclusive|not run|not applicable)$/);
    for (const ruling of withClass(root, 'cors').flatMap((table) => withClass(table, 'ruling')))
      assert.match(textOf(ruling), /^(! )?(read \d+|stopped|unreadable|no response)$/);
    for (const head of named(root, 'th')) assert.match(head.attributes['scope'] ?? '', /^(row|col|rowgroup)$/);
    assert.equal(root.attributes['lang'], 'en');
    assert.equal(named(root, 'h1').length, 1);
  });

  test('has different titles for a check that passed, failed or is not proven', () => {
    const { title, failed } = checkOf('plain-http');
    const wanted: Readonly<Record<Outcome, string>> = {
      pass: title,
      fail: failed,
      inconclusive: `Not proven: ${title}`,
      'not run': `Not proven: ${title}`,
      'not applicable': `Not applicable: ${title}`,
    };
    for (const [outcome, words] of Object.entries(wanted)) {
      const checks = frozenRun().checks.map((check) => ({ ...check, outcome: outcome as Outcome }));
      const row = everyElement(parseXml(renderHtml({ ...frozenRun(), checks }))).find(({ attributes }) => attributes['id'] === 'check-plain-http');
      const [head] = row === undefined ? [] : named(row, 'th');
      assert.equal(head?.text.trim().replaceAll(/\s+/g, ' '), words);
    }
  });

  test('states each requirement with its outcome, and its notes in the header', () => {
    const [table] = withClass(root, 'requirements');
    const rows = table === undefined ? [] : named(table, 'tr').slice(1);
    assert.deepEqual(
      rows.map((row) => [textOf(named(row, 'b')[0]), textOf(withClass(row, 'outcome')[0])]),
      frozenRun().requirements.map(({ id, outcome }) => [id, outcome]),
    );
    const release = textOf(withClass(root, 'release')[0]);
    for (const part of ['Live commit:', 'The checkout is at', 'fedcba9876543210fedcba9876543210fedcba98', '0123456789ab'])
      assert.ok(release.includes(part), part);
    assert.deepEqual(withClass(root, 'note').map(textOf), [
      '9 of 16 checks selected.',
      'PLAN-100 not proven: see the requirements.',
      'SC-004 not met in this run: 72.1 s, of which rate limit 2.0 s, first history scan 1.7 s.',
    ]);
  });

  test('highlights exactly the unexpected results in the matrices', () => {
    const unexpected = (run: Run): string[] =>
      withClass(parseXml(renderHtml(run)), 'frame').flatMap((table) => withClass(table, 'unexpected').map(textOf));
    const run = frozenRun();
    assert.deepEqual(unexpected(run), []);
    const cors = run.cors.map((row) => ({ ...row, ruling: row.kind === 'the app' ? 'MissingAllowOriginHeader' : 'readable, 200' }));
    assert.deepEqual(unexpected({ ...run, cors }), ['! unreadable', '! unreadable', '! read 200', '! read 200']);
    assert.deepEqual(unexpected({ ...run, cors: run.cors.map((row) => ({ ...row, ruling: 'net::ERR_FAILED' })) }), Array(4).fill('! no response'));
    const isolation = run.isolation.map((row) => ({ ...row, foreign: row.unknown === '' ? '200, shown' : '200', ownerAfter: '404, changed' }));
    assert.deepEqual(unexpected({ ...run, isolation }), ['! 200', '! 404, changed', '! 200, shown', '! 404, changed', '! 200', '! 404, changed']);
    // The same success for both ids is not isolation.
    const identical = run.isolation.map((row) => ({ ...row, foreign: '200', unknown: '200' }));
    assert.deepEqual(unexpected({ ...run, isolation: identical }), ['! 200', '! 200', '! 200']);
  });
});

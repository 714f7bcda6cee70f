import { EXIT_CODE } from '../run/exit-code.ts';
import { findingOf } from './findings.ts';
import type { CheckResult, Run } from '../run/run.ts';

/**
 * JUnit XML as CI systems read it (https://github.com/testmoapp/junitxml). CI systems treat `skipped` as harmless, so only
 * `not applicable` is skipped: `inconclusive` and `not run` are errors.
 */
export function renderJunit(run: Run): string {
  const about = element('properties', {}, [
    property('verdict', run.verdict),
    property('exit_code', String(EXIT_CODE[run.verdict])),
    property('target', run.target.api_url),
    property('app', run.target.app_origin),
  ]);
  const timestamp = localTime(run.started_at);
  const suites = [...Map.groupBy(run.checks, ({ area }) => area)].map(([area, results]) => {
    const time = secondsIn(results.reduce((sum, { duration_ms }) => sum + duration_ms, 0));
    const cases = results.map((result) => testcase(result, run.own_contract));
    return element('testsuite', { name: area, ...countsIn(results), time, timestamp }, [about, ...cases]);
  });
  const all = element('testsuites', { name: 'audit', ...countsIn(run.checks), time: secondsIn(run.duration_ms), timestamp }, suites);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${all}\n`;
}

function testcase(result: CheckResult, isOwn: boolean): string {
  const properties = element('properties', {}, [
    property('area', result.area),
    property('severity', result.severity),
    ...(result.adr === null ? [] : [property('adr', result.adr)]),
    ...(result.requirement.length === 0 ? [] : [property('requirements', result.requirement.join(', '))]),
  ]);
  return element('testcase', { name: result.id, classname: `audit.${result.area}`, file: result.file, time: secondsIn(result.duration_ms) }, [
    properties,
    ...outcomeOf(result, isOwn),
  ]);
}

function outcomeOf(result: CheckResult, isOwn: boolean): string[] {
  switch (result.outcome) {
    case 'pass':
      return [];
    case 'not applicable':
      return [element('skipped', { message: result.summary }, [])];
    case 'fail':
      return [element('failure', { message: result.summary, type: result.code }, [], details(result, isOwn))];
    case 'inconclusive':
    case 'not run':
      return [element('error', { message: `${result.outcome}: ${result.summary}`, type: result.code }, [], details(result, isOwn))];
  }
}

function details(result: CheckResult, isOwn: boolean): string {
  const { title, acceptance, observations, further, advice } = findingOf(result, isOwn);
  const seen = observations.flatMap(({ text, requests }) => [
    `- ${text}`,
    ...requests.flatMap(({ curl, response }) => [`    ${curl}`, `    response: ${response}`]),
  ]);
  return [
    title,
    ...(acceptance === undefined ? [] : ['', acceptance]),
    ...(seen.length === 0 ? [] : ['', ...seen]),
    ...(further === undefined ? [] : [`- ${further}`]),
    ...(advice.length === 0 ? [] : ['', ...advice.map(([heading, text]) => `${heading}: ${text}`)]),
  ].join('\n');
}

function countsIn(results: readonly CheckResult[]): Record<string, string> {
  const count = (...outcomes: readonly string[]): string => String(results.filter(({ outcome }) => outcomes.includes(outcome)).length);
  return { tests: String(results.length), failures: count('fail'), errors: count('inconclusive', 'not run'), skipped: count('not applicable') };
}

function property(name: string, value: string): string {
  return element('property', { name, value }, []);
}

function element(name: string, attributes: Readonly<Record<string, string>>, children: readonly string[], text = ''): string {
  const opening = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escapeXml(value)}"`)].join(' ');
  if (children.length === 0 && text === '') return `<${opening}/>`;
  return children.length === 0 ? `<${opening}>${escapeXml(text)}</${name}>` : `<${opening}>\n${children.map(indent).join('\n')}\n</${name}>`;
}

/** Indents elements only: indenting a text would change it. A line break in an attribute is a character reference. */
function indent(xml: string): string {
  return xml.replaceAll(/^(?=<)/gm, '  ');
}

/** XML 1.0 cannot represent most control characters, lone surrogates and U+FFFE: these are replaced. */
function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex -- XML does not allow these characters.
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll(/[&<>"'\r\n\t]/g, (character) => REFERENCES[character] ?? character)
  );
}

/** White space too: a parser normalizes it to spaces in attributes. */
const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

function secondsIn(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

/** UTC without a zone, as the format requires. */
function localTime(iso: string): string {
  return iso.replace(/(\.\d+)?Z$/, '');
}

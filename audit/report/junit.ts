import { checkOf, isCheckId } from '../checks/catalog.ts';
import { EXIT_CODE } from '../run/exit-code.ts';
import { curlLine } from './curl.ts';
import { type CheckResult, type Run } from '../run/run.ts';

/**
 * JUnit XML as CI systems read it (https://github.com/testmoapp/junitxml). Only what did not apply is `skipped`, which
 * they count as harmless: what could not be told, and what was not run, is an `error`.
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
    return element('testsuite', { name: area, ...countsIn(results), time, timestamp }, [about, ...results.map(testcase)]);
  });
  const all = element('testsuites', { name: 'audit', ...countsIn(run.checks), time: secondsIn(run.duration_ms), timestamp }, suites);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${all}\n`;
}

function testcase(result: CheckResult): string {
  const properties = element('properties', {}, [
    property('area', result.area),
    property('severity', result.severity),
    property('adr', result.adr),
    property('requirements', result.requirement.join(', ')),
  ]);
  return element('testcase', { name: result.id, classname: `audit.${result.area}`, file: result.file, time: secondsIn(result.duration_ms) }, [
    properties,
    ...outcomeOf(result),
  ]);
}

function outcomeOf(result: CheckResult): string[] {
  switch (result.outcome) {
    case 'pass':
      return [];
    case 'not applicable':
      return [element('skipped', { message: result.summary }, [])];
    case 'fail':
      return [element('failure', { message: result.summary, type: result.code }, [], details(result))];
    case 'inconclusive':
    case 'not run':
      return [element('error', { message: `${result.outcome}: ${result.summary}`, type: result.code }, [], details(result))];
  }
}

function details({ id, outcome, evidence }: CheckResult): string {
  if (!isCheckId(id)) return '';
  const { title, failed, why, fix } = checkOf(id);
  const seen = evidence.flatMap(({ says, exchanges }) => [
    `- ${says}`,
    ...exchanges.slice(0, 2).flatMap((exchange) => [`    ${curlLine(exchange)}`, `    answered ${exchange.answer}`]),
  ]);
  return [outcome === 'fail' ? failed : `Not shown: ${title}`, '', ...seen, '', `Why it matters: ${why}`, `How to fix: ${fix}`].join('\n');
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

/** Elements only: a text is never indented, and a line break in an attribute is a reference. */
function indent(xml: string): string {
  return xml.replaceAll(/^(?=<)/gm, '  ');
}

/** XML 1.0 has no way to write most control characters, a lone surrogate or U+FFFE: they are replaced. */
function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex -- These are the ones that must not stand in XML.
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll(/[&<>"'\r\n\t]/g, (character) => REFERENCES[character] ?? character)
  );
}

/** White space too: a parser would turn it into blanks in an attribute. */
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

/** Without a zone, as the format has it; it is UTC. */
function localTime(iso: string): string {
  return iso.replace(/(\.\d+)?Z$/, '');
}

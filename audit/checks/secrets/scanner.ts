import { createRequire } from 'node:module';
import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { rules as recommended } from '@secretlint/secretlint-rule-preset-recommend';
import { isTriggered, triggers, TRIGGERS_FOR } from './triggers.ts';

/** A secret in a text. `value` identifies it, and must not leave memory. */
export type Match = { rule: string; value: string; offset: number };

const PRESET = '@secretlint/secretlint-rule-preset-recommend';
const { version } = createRequire(import.meta.url)(`${PRESET}/package.json`) as { version: string };
const PREFIX = '@secretlint/secretlint-rule-';

// It records the time of each rule on each file, which the audit does not use.
secretLintProfiler.setEnabled(false);

/** A comment in a file cannot exempt it: what was reviewed is settled in the config file, where its reason and owner are visible. */
const rules = recommended
  .map((rule) => ({ id: rule.meta.id, rule, name: rule.meta.id.replace(PREFIX, '') }))
  .filter(({ name }) => name !== 'filter-comments');

export const ruleNames: readonly string[] = rules.map(({ name }) => name);

/** Changes whenever the same text could have another result. */
export const SCANNER_VERSION = `${PRESET} ${version}, ${ruleNames.join(' ')}, and private keys of any type (2)`;

/** A PKCS #12 file is recognized by its name, and read from the working tree. */
export function hasNoPattern(file: string): boolean {
  return file.endsWith('.p12');
}

/**
 * Whether rules apply to a file of this name that do not apply to others: 1 to 4, by which rules, or 0. A file is scanned under one name of each
 * kind.
 */
export function kindOfName(file: string): 0 | 1 | 2 | 3 | 4 {
  if (file.endsWith('.npmrc')) return 1;
  if (file.endsWith('package.json') || file.endsWith('package-lock.json')) return 2;
  if (file.endsWith('.json')) return 3;
  return hasNoPattern(file) ? 4 : 0;
}

/** A text in which no rule would report anything. Most texts end here. */
export function isClean(text: string, file: string): boolean {
  return version === TRIGGERS_FOR && !isTriggered(text) && !hasNoPattern(file);
}

/** Whether a file of another name could have another result: these rules apply to .npmrc, package.json and *.json alone. */
export function dependsOnName(text: string): boolean {
  return triggers('npm', text) || triggers('gcp', text);
}

/** @param file decides which rules apply, by its name or extension */
export async function scan(text: string, file: string): Promise<Match[]> {
  const applied = version === TRIGGERS_FOR && !hasNoPattern(file) ? rules.filter(({ name }) => triggers(name, text)) : rules;
  const { messages } = await lintSource({
    source: { filePath: file, content: text, ext: file.slice(file.lastIndexOf('.')), contentType: 'text' },
    options: { config: { rules: applied }, noPhysicFilePath: true },
  });
  const found = messages.map(({ ruleId, data, range: [start, end] }) => {
    const rule = ruleId.replace(PREFIX, '');
    return { rule, value: valueOf(rule, data, text.slice(start, end)), offset: start, end };
  });
  for (const key of text.matchAll(PRIVATE_KEY))
    if (!found.some(({ offset, end }) => offset <= key.index && key.index < end))
      found.push({ rule: 'privatekey', value: withoutSpace(key[0]), offset: key.index, end: key.index + key[0].length });
  // A key in a JSON file of Google Cloud is one secret, which two rules report.
  return found
    .filter(
      (inner) =>
        !found.some((outer) => outer.offset <= inner.offset && inner.end <= outer.end && outer.end - outer.offset > inner.end - inner.offset),
    )
    .map(({ rule, value, offset }) => ({ rule, value, offset }));
}

/** Of any type: the scanner recognizes some only. */
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+(?:[A-Za-z0-9+/=]\s*){40,20000}/g;

/** The secret without what surrounds it, so that it is the same in each file. The range of some rules ends too early. */
function valueOf(rule: string, data: unknown, matched: string): string {
  const texts = Object.values((data ?? {}) as Record<string, unknown>).filter((value) => typeof value === 'string');
  if (rule === 'gcp' || texts.length === 0) return matched;
  if (rule === 'privatekey') return withoutSpace(texts.join());
  if (rule === 'database-connection-string') return /:\/\/([^/\s]*@[\w.-]*)/.exec(texts.join())?.[1] ?? matched;
  return texts.join();
}

function withoutSpace(text: string): string {
  return text.replaceAll(/\s|\\[nrt]/g, '');
}

/** The scanner must find both. */
export const GENERATED_KEYS = [
  { file: 'generated-rsa.pem', text: pemOf('RSA', 'MIIEowIBAAKCAQEA'.repeat(5)) },
  { file: 'generated-ec.pem', text: pemOf('EC', 'MHcCAQEEIA0123456789') },
];

/** Whether it finds generated keys now, by the same way as in files. */
export async function scannerWorks(): Promise<boolean> {
  const results = await Promise.all(GENERATED_KEYS.map(async ({ file, text }) => !isClean(text, file) && (await scan(text, file)).length === 1));
  return results.every(Boolean);
}

/** Built at run time, so that this file does not contain a private key itself. */
function pemOf(kind: string, start: string): string {
  const edge = (word: string): string => `-----${word} ${kind} PRIVATE KEY-----`;
  return `${edge('BEGIN')}\n${start.repeat(4)}\n${edge('END')}\n`;
}

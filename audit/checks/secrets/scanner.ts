import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { creator as recommended } from '@secretlint/secretlint-rule-preset-recommend';
import type { Blob } from '../../gather/git.ts';

/** Where a secret was found. The secret itself is not stored. */
export type SecretFound = { file: string; rule: string };

/** Scans files, each version once. */
export type Scanner = {
  scan(blobs: readonly Blob[]): Promise<SecretFound[]>;
  /** Records the versions without a secret, so that later runs do not scan them again. */
  save(): void;
};

const PRESET = '@secretlint/secretlint-rule-preset-recommend';

/**
 * @param file with digests of versions in which this version of the scanner found nothing. A file that cannot be read or written costs
 * time only; without one every version is scanned
 */
export function openScanner(file: string | undefined): Scanner {
  const { version } = createRequire(import.meta.url)(`${PRESET}/package.json`) as { version: string };
  const clean = new Set(readLines(file));
  const known = new Map<string, readonly SecretFound[]>([...clean].map((digest) => [digest, []]));

  async function scanOnce(blob: Blob): Promise<readonly SecretFound[]> {
    const digest = createHash('sha256').update(`${version}\n${blob.file}\n${blob.text}`).digest('base64url');
    const secrets = known.get(digest) ?? (await scanBlob(blob));
    known.set(digest, secrets);
    return secrets;
  }

  return {
    async scan(blobs) {
      const found: SecretFound[] = [];
      for (const blob of blobs) found.push(...(await scanOnce(blob)));
      return found;
    },
    save() {
      const added = [...known].flatMap(([digest, found]) => (found.length === 0 && !clean.has(digest) ? [`${digest}\n`] : []));
      if (file === undefined || added.length === 0) return;
      try {
        appendFileSync(file, added.join(''));
      } catch {
        // The repository is read-only.
      }
    },
  };
}

function readLines(file: string | undefined): string[] {
  try {
    return file === undefined ? [] : readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** The scanner must find both. */
export const GENERATED_KEYS = [
  { file: 'generated-rsa.pem', text: pemOf('RSA', 'MIIEowIBAAKCAQEA'.repeat(5)) },
  { file: 'generated-ec.pem', text: pemOf('EC', 'MHcCAQEEIA0123456789') },
];

// It records the time of each rule on each file, which the audit does not use.
secretLintProfiler.setEnabled(false);

async function scanBlob({ file, text }: Blob): Promise<SecretFound[]> {
  const { messages } = await lintSource({
    source: { filePath: file, content: text, ext: file.slice(file.lastIndexOf('.')), contentType: 'text' },
    options: {
      config: { rules: [{ id: PRESET, rule: recommended }] },
      maskSecrets: true,
      noPhysicFilePath: true,
    },
  });
  const found = messages.map(({ ruleId }) => ({ file, rule: ruleId.replace('@secretlint/secretlint-rule-', '') }));
  return found.length === 0 && PRIVATE_KEY.test(text) ? [{ file, rule: 'privatekey' }] : found;
}

/** Of any type: the scanner recognizes RSA keys only. */
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+(?:[A-Za-z0-9+/=]\s*){40}/;

/** Built at run time, so that this file does not contain a private key itself. */
function pemOf(kind: string, start: string): string {
  const edge = (word: string): string => `-----${word} ${kind} PRIVATE KEY-----`;
  return `${edge('BEGIN')}\n${start.repeat(4)}\n${edge('END')}\n`;
}

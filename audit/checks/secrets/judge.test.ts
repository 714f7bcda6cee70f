import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LedgerEntry } from '../../model/exchange.ts';
import type { SettledSecret } from '../../settings/config.ts';
import type { SecretFound } from './findings.ts';
import type { SecretsEvidence } from './gather.ts';
import { examine, exchange, expectVerdict, inspection, nth, readFetch } from '../../test/exchanges.ts';
import { judgeSecretsByValue, judgeSecretsInHistory, judgeSecretsInResponses, judgeSecretsInTree } from './judge.ts';

function secretsEvidence(): SecretsEvidence {
  return {
    inspection: inspection('working tree and history'),
    filesInTree: 200,
    commitsInHistory: 400,
    found: [],
    exactNames: ['AUDIT_JWT_SECRET'],
    exactFound: [],
    trackedEnvironmentFiles: [],
    scannerWorks: true,
    unread: [],
  };
}

const FIRST = { commit: '1'.repeat(40), date: '2026-01-02', file: 'keys/one.pem', position: 9 };
const LAST = { commit: '2'.repeat(40), date: '2026-03-04', file: 'keys/two.pem', position: 0 };
const SECRET = {
  rule: 'privatekey',
  fingerprints: ['0123456789abcdef', 'fedcba9876543210'],
  files: ['keys/two.pem', 'keys/three.pem'],
  history: { first: FIRST, last: LAST, commits: 3, files: 2 },
} satisfies SecretFound;
const ENTRY: SettledSecret = { fingerprint: '0123456789abcdef', reason: 'an example of the documentation.', owner: 'ops', date: '2026-06-15' };
const NEVER_A_PASS = [
  ['the clone is shallow', (evidence: { problem?: string }) => void (evidence.problem = 'the clone is shallow'), 'inconclusive', 'no-history'],
  [
    'the scanner does not find the generated keys',
    (evidence: { scannerWorks: boolean }) => void (evidence.scannerWorks = false),
    'inconclusive',
    'scanner-blind',
  ],
] as const;

examine('judgeSecretsInTree', (evidence: SecretsEvidence) => judgeSecretsInTree(evidence, []), secretsEvidence, [
  ...NEVER_A_PASS,
  ['a secret was found', (evidence) => (evidence.found = [SECRET]), 'fail', 'secret-found'],
  [
    'a secret was found, and the scanner does not find the generated keys',
    (evidence) => ((evidence.found = [SECRET]), (evidence.scannerWorks = false)),
    'fail',
    'secret-found',
  ],
  ['the secret is in the history alone', (evidence) => (evidence.found = [{ ...SECRET, files: [] }]), 'pass'],
  ['.env is tracked', (evidence) => (evidence.trackedEnvironmentFiles = ['.env']), 'fail', 'environment-tracked'],
  ['no file was scanned', (evidence) => (evidence.filesInTree = 0), 'inconclusive', 'nothing-observed'],
  ['a file cannot be read', (evidence) => (evidence.unread = ['key.pem']), 'inconclusive', 'unread'],
]);

examine('judgeSecretsInHistory', (evidence: SecretsEvidence) => judgeSecretsInHistory(evidence, []), secretsEvidence, [
  ...NEVER_A_PASS,
  ['a secret was found', (evidence) => (evidence.found = [SECRET]), 'fail', 'secret-found'],
  ['the secret is in the working tree alone', (evidence) => (evidence.found = [{ ...SECRET, history: null }]), 'pass'],
  ['no object was scanned', (evidence) => (evidence.commitsInHistory = 0), 'inconclusive', 'nothing-observed'],
]);

examine('judgeSecretsByValue', judgeSecretsByValue, secretsEvidence, [
  ...NEVER_A_PASS,
  ['a value was found', (evidence) => (evidence.exactFound = [SECRET]), 'fail', 'secret-found'],
  ['no secret was given', (evidence) => (evidence.exactNames = []), 'not run', 'setting-missing'],
  ['no file was scanned', (evidence) => (evidence.filesInTree = 0), 'inconclusive', 'nothing-observed'],
  ['no object was scanned', (evidence) => (evidence.commitsInHistory = 0), 'not pass'],
  ['a file cannot be read', (evidence) => (evidence.unread = ['key.pem']), 'inconclusive', 'unread'],
]);

describe('a secret that was found', () => {
  const evidence = { ...secretsEvidence(), found: [SECRET] };

  test('is one finding, with its first and last place and how to replace it', () => {
    assert.equal(
      judgeSecretsInTree(evidence, []).summary,
      'The scan found a secret (privatekey, fingerprint 0123456789abcdef) in keys/two.pem and 1 more file of the working tree. Generate a new key pair, deploy it, then remove the public key or revoke the certificate of this one.',
    );
    assert.equal(
      judgeSecretsInHistory(evidence, []).summary,
      'The scan found a secret (privatekey, fingerprint 0123456789abcdef) first in keys/one.pem of commit 111111111111 (2026-01-02), last in keys/two.pem of commit 222222222222 (2026-03-04), in 3 commits and 2 paths. Generate a new key pair, deploy it, then remove the public key or revoke the certificate of this one.',
    );
    const once = { ...SECRET, rule: 'an unknown rule', history: { first: FIRST, last: FIRST, commits: 1, files: 1 } };
    assert.match(
      judgeSecretsInHistory({ ...evidence, found: [once] }, []).summary,
      / in keys\/one\.pem of commit 111111111111 \(2026-01-02\)\. Revoke the secret where it was issued, and create a new one\.$/,
    );
  });

  test('passes and stays in the report where it is settled by the fingerprint of any of its places', () => {
    for (const fingerprint of SECRET.fingerprints)
      for (const judge of [judgeSecretsInTree, judgeSecretsInHistory]) {
        const verdict = judge(evidence, [{ ...ENTRY, fingerprint }]);
        expectVerdict(verdict, 'pass');
        assert.match(
          verdict.summary,
          /found no other secret.* Settled by ops on 2026-06-15: privatekey, fingerprint 0123456789abcdef .*keys\/two\.pem.* \(an example of the documentation\)\.$/,
        );
        assert.ok(verdict.observations.some(({ code, outcome, says }) => code === 'secret-settled' && outcome === 'pass' && says !== ''));
      }
  });

  test('fails where only another one is settled', () => {
    const other = { ...SECRET, fingerprints: ['a'.repeat(16)] };
    for (const judge of [judgeSecretsInTree, judgeSecretsInHistory]) {
      expectVerdict(judge({ ...evidence, found: [SECRET, other] }, [ENTRY]), 'fail', 'secret-found');
      expectVerdict(judge(evidence, [{ ...ENTRY, fingerprint: 'a'.repeat(16) }]), 'fail', 'secret-found');
    }
  });

  test('does not pass by an entry where the scanner is blind', () => {
    expectVerdict(judgeSecretsInHistory({ ...evidence, scannerWorks: false }, [ENTRY]), 'inconclusive', 'scanner-blind');
  });

  test('that was settled and is gone is reported', () => {
    const verdict = judgeSecretsInHistory(secretsEvidence(), [ENTRY]);
    expectVerdict(verdict, 'pass');
    assert.match(verdict.summary, /found no secret\. Remove from settledSecrets what matches nothing: 0123456789abcdef\.$/);
  });

  test('by its value names its places in the working tree and in the history', () => {
    const verdict = judgeSecretsByValue({ ...secretsEvidence(), exactFound: [{ ...SECRET, rule: 'AUDIT_JWT_SECRET', fingerprints: [] }] });
    assert.equal(
      verdict.summary,
      'The repository contains AUDIT_JWT_SECRET: in keys/two.pem and 1 more file of the working tree; first in keys/one.pem of commit 111111111111 (2026-01-02), last in keys/two.pem of commit 222222222222 (2026-03-04), in 3 commits and 2 paths.',
    );
  });
});

function entries(): LedgerEntry[] {
  return [
    { kind: 'http', ...exchange({}) },
    { kind: 'browser', ...readFetch({}) },
    { kind: 'inspection', ...inspection() },
  ];
}

type Responses = { ledger: LedgerEntry[]; names: string[] };
examine(
  'judgeSecretsInResponses',
  ({ ledger, names }: Responses) => judgeSecretsInResponses(ledger, names),
  (): Responses => ({ ledger: entries(), names: ['JWT_SECRET'] }),
  [
    ['a response contains a secret', ({ ledger }) => Object.assign(nth(ledger), { leaked: ['JWT_SECRET'] }), 'fail', 'secret-in-response'],
    [
      'a response contains a secret in base64',
      ({ ledger }) => Object.assign(nth(ledger), { leaked: ['JWT_SECRET in base64'] }),
      'fail',
      'secret-in-response',
    ],
    [
      'a response in the browser contains a secret',
      ({ ledger }) => Object.assign(nth(ledger, 1), { leaked: ['JWT_SECRET'] }),
      'fail',
      'secret-in-response',
    ],
    ['no secret was given', (evidence) => (evidence.names = []), 'not run', 'setting-missing'],
    ['an empty ledger', (evidence) => (evidence.ledger = []), 'inconclusive', 'nothing-observed'],
    ['only inspections', (evidence) => (evidence.ledger = evidence.ledger.slice(2)), 'inconclusive', 'nothing-observed'],
    [
      'a page could not read any response',
      (evidence) => (evidence.ledger = evidence.ledger.slice(1, 2)).forEach((each) => Reflect.deleteProperty(each, 'read')),
      'inconclusive',
      'nothing-observed',
    ],
    [
      'no request got a response',
      (evidence) => (evidence.ledger = evidence.ledger.slice(0, 1)).forEach((each) => Reflect.deleteProperty(each, 'response')),
      'inconclusive',
      'nothing-observed',
    ],
  ],
  { ignores: { 'ledger[*]': 'every response is searched, including those of an edge; requests without a response are not counted' } },
);

import type { LedgerEntry } from '../../model/exchange.ts';
import type { SecretsEvidence } from './gather.ts';
import { examine, exchange, inspection, nth, readFetch } from '../../test/exchanges.ts';
import { judgeSecretsByValue, judgeSecretsInHistory, judgeSecretsInResponses, judgeSecretsInTree } from './judge.ts';

function secretsEvidence(): SecretsEvidence {
  return {
    inspection: inspection('working tree and history'),
    filesInTree: 200,
    blobsInHistory: 400,
    inTree: [],
    inHistory: [],
    exactNames: ['AUDIT_JWT_SECRET'],
    exactFound: [],
    trackedEnvironmentFiles: [],
    scannerWorks: true,
    unread: [],
  };
}

const SECRET = { file: 'service/config.ts', rule: 'privatekey' };
const NEVER_A_PASS = [
  ['the clone is shallow', (evidence: { problem?: string }) => void (evidence.problem = 'the clone is shallow'), 'inconclusive', 'no-history'],
  [
    'the scanner does not find the generated keys',
    (evidence: { scannerWorks: boolean }) => void (evidence.scannerWorks = false),
    'inconclusive',
    'scanner-blind',
  ],
] as const;

examine('judgeSecretsInTree', judgeSecretsInTree, secretsEvidence, [
  ...NEVER_A_PASS,
  ['a secret was found', (evidence) => (evidence.inTree = [SECRET]), 'fail', 'secret-found'],
  [
    'a secret was found, and the scanner does not find the generated keys',
    (evidence) => ((evidence.inTree = [SECRET]), (evidence.scannerWorks = false)),
    'fail',
    'secret-found',
  ],
  ['.env is tracked', (evidence) => (evidence.trackedEnvironmentFiles = ['.env']), 'fail', 'environment-tracked'],
  ['no file was scanned', (evidence) => (evidence.filesInTree = 0), 'inconclusive', 'nothing-observed'],
]);

examine('judgeSecretsInHistory', judgeSecretsInHistory, secretsEvidence, [
  ...NEVER_A_PASS,
  ['a secret was found', (evidence) => (evidence.inHistory = [SECRET]), 'fail', 'secret-found'],
  ['no blob was scanned', (evidence) => (evidence.blobsInHistory = 0), 'inconclusive', 'nothing-observed'],
  ['a blob was too large to scan', (evidence) => (evidence.unread = ['dump.sql']), 'inconclusive', 'too-large'],
]);

examine('judgeSecretsByValue', judgeSecretsByValue, secretsEvidence, [
  ...NEVER_A_PASS,
  ['a secret was found', (evidence) => (evidence.exactFound = [SECRET]), 'fail', 'secret-found'],
  ['no secret was given', (evidence) => (evidence.exactNames = []), 'not run', 'setting-missing'],
  ['no file was scanned', (evidence) => (evidence.filesInTree = 0), 'inconclusive', 'nothing-observed'],
  ['no blob was scanned', (evidence) => (evidence.blobsInHistory = 0), 'not pass'],
]);

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

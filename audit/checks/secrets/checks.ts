import { check, type JudgeContext } from '../check.ts';
import { keysEvidence } from './gather-keys.ts';
import { secretsEvidence } from './gather.ts';
import { judgeKeys } from './judge-keys.ts';
import { judgeSecretsByValue, judgeSecretsInHistory, judgeSecretsInResponses, judgeSecretsInTree } from './judge.ts';
import type { Check } from '../check.ts';

const common = {
  area: 'secrets',
  severity: 'critical',
  adr: '0010',
  requirements: ['SC-002'],
  measure: 'Secrets in the environment alone',
  needs: 'nothing',
  evidence: { secrets: secretsEvidence },
} as const;

const TOKEN_KEYS = ['AUDIT_JWT_SECRET', 'JWT_SECRET', 'BETTER_AUTH_SECRET'];

function withoutSharedSecret({ target }: JudgeContext): string | undefined {
  if (target.issuer === undefined || TOKEN_KEYS.some((name) => name in target.secrets)) return undefined;
  return "Tokens are verified with the issuer's public keys, and the audit was given no shared secret.";
}

export const secrets = {
  'secrets-in-tree': check({
    ...common,
    requirements: ['SC-002', 'US1.3'],
    title: 'The working tree contains no secret that a scanner recognizes, and git tracks no .env file',
    failed: 'The working tree contains a secret, or git tracks a .env file',
    why: 'Anyone who can read the repository has the secret.',
    fix: 'Remove the secret, and replace it everywhere it is used, because it is compromised.',
    sends:
      'Nothing. A scanner reads every file that is tracked or not ignored. It must also find two generated private keys, which shows that it works. Comments cannot exempt a file from it.',
    proof:
      'The scanner finds nothing except what settledSecrets in the config file names by fingerprint, and no environment file (such as .env or production.env, but not .env.example) is in the working tree without being ignored, or in any commit. A shallow or partial clone, or a file that cannot be read, is inconclusive.',
    general: 'Keep secrets in the settings of the platform, ignore .env, and scan before each commit.',
    sources: ['asvs-13.3.1', 'secrets-sheet', 'secretlint'],
    judge: ({ secrets }, { config }) => judgeSecretsInTree(secrets, config.settledSecrets),
  }),
  'secrets-in-history': check({
    ...common,
    title: 'No commit contains a secret that a scanner recognizes',
    failed: 'The history contains a secret',
    why: 'A deleted file is still in the history of every clone.',
    fix: 'Replace the secret. Rewriting the history does not remove it from existing clones. If a review shows that it is not a secret, add its fingerprint to settledSecrets in the config file.',
    sends:
      'Nothing. A scanner reads every version of every file in all branches and tags, and the messages of commits and tags. A version in which the same scanner has found nothing is not read again. Each secret is one finding, with the first and the last place where it was added.',
    proof:
      'The scanner finds nothing except what settledSecrets in the config file names by fingerprint. A shallow or partial clone is inconclusive: no missing object is fetched.',
    general: 'Replace a committed secret at once. Rewriting the history comes second, because every clone and fork still contains the secret.',
    sources: ['asvs-13.3.1', 'github-remove', 'secretlint'],
    judge: ({ secrets }, { config }) => judgeSecretsInHistory(secrets, config.settledSecrets),
  }),
  'secrets-by-value': check({
    ...common,
    requirements: ['SC-002', 'US1.3'],
    title: 'Neither the working tree nor the history contains the value of a configured secret',
    failed: 'The repository contains the value of a configured secret',
    why: 'Scanners recognize formats, and a password has none.',
    fix: 'Replace the secret, and remove the value from the file.',
    sends:
      'Nothing. The audit searches the working tree and the history for the exact values of the secrets it was given, in base64 and UTF-16 too, and for tokens that one of them signed. After a change of any value it reads everything again.',
    proof:
      'Neither contains a value or such a token. settledSecrets does not apply. A shallow or partial clone, or a file that cannot be read, is inconclusive. Without a secret the check is not run.',
    general: 'Use different values in each environment, and search the repository for them.',
    sources: ['asvs-13.3.1', 'secrets-sheet'],
    judge: ({ secrets }) => judgeSecretsByValue(secrets),
  }),
  'key-strength': check({
    ...common,
    requirements: ['ASVS'],
    measure: 'Bearer tokens: one key, one algorithm, an expiry',
    title: 'Token keys have at least 256 bits and are not guessable',
    failed: 'A token key is short, guessable or public',
    why: 'With one token an attacker can test guesses of the key offline.',
    fix: 'Generate a new key: openssl rand -base64 48',
    sends:
      'Nothing. The audit measures the keys it was given. On given tokens with HS256, HS384 or HS512 it tries about 100,000 keys offline: common words, combinations of them, and examples of frameworks.',
    proof:
      'Each key has at least 32 bytes, 10 different characters, and 22 characters outside common words, sequences and repetitions. It is not a public key, certificate, key set, URL or quoted text. None of the tried keys signed a given token. The result states the kind and length of a key that was found, and not the key.',
    general: 'Generate keys with a cryptographic random number generator.',
    sources: ['rfc7518-hmac', 'rfc8725-entropy'],
    evidence: { keys: keysEvidence },
    notApplicable: withoutSharedSecret,
    judge: ({ keys }) => judgeKeys(keys),
  }),
  'secrets-in-answers': check({
    ...common,
    title: 'No response contains the value of a configured secret',
    failed: 'A response contains the value of a configured secret',
    why: 'The service sends the secret to callers.',
    fix: 'Find the code that returns the secret, fix it, and replace the secret.',
    sends: 'Nothing. The audit searches every response it got for the exact values of the secrets it was given.',
    proof: 'No header or body of a response contains one. Without a secret the check is not run.',
    general: 'Never return the environment, the configuration or a connection string, especially not in errors.',
    sources: ['asvs-13.3.1', 'asvs-16.5.1'],
    phase: 'end',
    needs: 'access',
    evidence: {},
    judge: (_, { entries, target }) => judgeSecretsInResponses(entries(), Object.keys(target.secrets)),
  }),
} satisfies Record<string, Check>;

import type { Inspection, LedgerEntry } from '../../model/exchange.ts';
import { counted } from '../../model/wording.ts';
import type { SecretsEvidence } from './gather.ts';
import type { SecretFound } from './scanner.ts';
import {
  conclude,
  inconclusive,
  notRun,
  type Observation,
  type Verdict,
  expect,
  observePass,
  observeFailure,
  observeDoubt,
} from '../../model/verdict.ts';

const NO_SECRETS_GIVEN = 'The audit was given no secret to search for.';

export function judgeSecretsInTree(evidence: SecretsEvidence): Verdict {
  const { inspection, filesInTree, inTree, trackedEnvironmentFiles } = evidence;
  return judgeScan(
    evidence,
    [
      ...secretsFound(inTree, inspection, filesInTree),
      ...trackedEnvironmentFiles.map((file) =>
        observeFailure('environment-tracked', `${file} is in the history, or git does not ignore it.`, inspection),
      ),
    ],
    `The scan of ${counted(filesInTree, 'file')} found no secret, and git tracks no .env file.`,
  );
}

export function judgeSecretsInHistory(evidence: SecretsEvidence): Verdict {
  const { inspection, blobsInHistory, inHistory, unread } = evidence;
  return judgeScan(
    evidence,
    [...secretsFound(inHistory, inspection, blobsInHistory), ...filesTooLarge(unread, inspection)],
    'The scan of every version of every file in the history found no secret.',
  );
}

export function judgeSecretsByValue(evidence: SecretsEvidence): Verdict {
  const { inspection, exactNames, exactFound, filesInTree, blobsInHistory, unread } = evidence;
  if (exactNames.length === 0) return notRun(NO_SECRETS_GIVEN);
  return judgeScan(
    evidence,
    [...secretsFound(exactFound, inspection, Math.min(filesInTree, blobsInHistory)), ...filesTooLarge(unread, inspection)],
    `Neither the working tree nor the history contains the value of ${exactNames.join(', ')}.`,
  );
}

export function judgeSecretsInResponses(entries: readonly LedgerEntry[], names: readonly string[]): Verdict {
  if (names.length === 0) return notRun(NO_SECRETS_GIVEN);
  const responses = entries.filter(
    (entry) => (entry.kind === 'http' && entry.response !== undefined) || (entry.kind === 'browser' && entry.read !== undefined),
  );
  const observations = responses.map((entry) => {
    const leaked = entry.kind === 'inspection' ? [] : entry.leaked;
    // A response of the edge or of a gateway leaks the secret as well, so that no response is in doubt here.
    return leaked.length > 0
      ? observeFailure('secret-in-response', `A response contains the value of ${leaked.join(', ')}.`, entry)
      : observePass('secret-in-response', entry);
  });
  return conclude(observations, `No response of this run contains the value of ${names.join(', ')}.`);
}

function filesTooLarge(unread: readonly string[], inspection: Inspection): Observation[] {
  return unread.map((file) => observeDoubt('too-large', `${file} is too large to scan.`, inspection));
}

/** @param scanned how many files were scanned; without any there is nothing to observe */
function secretsFound(places: readonly SecretFound[], inspection: Inspection, scanned: number): Observation[] {
  if (scanned === 0) return [];
  const names = [...new Set(places.map(({ file, rule }) => `${file} (${rule})`))];
  const otherwise = `The scan found a secret in ${names.join(', ')}.`;
  return [expect(names.length === 0, 'secret-found', otherwise, inspection)];
}

function judgeScan({ problem, scannerWorks, inspection }: SecretsEvidence, observations: readonly Observation[], passed: string): Verdict {
  if (problem !== undefined) return inconclusive('no-history', problem);
  const control = scannerWorks
    ? observePass('scanner-works', inspection)
    : observeDoubt('scanner-blind', 'The scanner did not find the generated private keys.', inspection);
  return conclude(observations.length === 0 ? [] : [control, ...observations], passed);
}

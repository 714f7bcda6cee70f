import type { Inspection, LedgerEntry } from '../../model/exchange.ts';
import { counted } from '../../model/wording.ts';
import type { SettledSecret } from '../../settings/config.ts';
import type { SecretFound } from './findings.ts';
import type { SecretsEvidence } from './gather.ts';
import { rotationOf } from './rotation.ts';
import {
  conclude,
  inconclusive,
  notRun,
  type Observation,
  type Verdict,
  observe,
  observePass,
  observeFailure,
  observeDoubt,
} from '../../model/verdict.ts';

const NO_SECRETS_GIVEN = 'The audit was given no secret to search for.';

export function judgeSecretsInTree(evidence: SecretsEvidence, settled: readonly SettledSecret[]): Verdict {
  const { inspection, filesInTree, trackedEnvironmentFiles, unread } = evidence;
  const found = evidence.found.filter(({ files }) => files.length > 0);
  const note = noteOf(found, settled, inTree);
  return judgeScan(
    evidence,
    [
      ...secretsFound(found, settled, inTree, inspection, filesInTree),
      ...trackedEnvironmentFiles.map((file) =>
        observeFailure('environment-tracked', `${file} is in the history, or git does not ignore it.`, inspection),
      ),
      ...filesUnread(unread, inspection),
    ],
    `The scan of ${counted(filesInTree, 'file')} found no ${note === '' ? '' : 'other '}secret, and git tracks no .env file.${note}`,
  );
}

export function judgeSecretsInHistory(evidence: SecretsEvidence, settled: readonly SettledSecret[]): Verdict {
  const { inspection, commitsInHistory } = evidence;
  const found = evidence.found.filter(({ history }) => history !== null);
  const note = noteOf(found, settled, inHistory);
  return judgeScan(
    evidence,
    secretsFound(found, settled, inHistory, inspection, commitsInHistory),
    `The scan of every version of every file in the history found no ${note === '' ? '' : 'other '}secret.${note}${unusedEntries(evidence.found, settled)}`,
  );
}

export function judgeSecretsByValue(evidence: SecretsEvidence): Verdict {
  const { inspection, exactNames, exactFound, filesInTree, commitsInHistory, unread } = evidence;
  if (exactNames.length === 0) return notRun(NO_SECRETS_GIVEN);
  const searched = Math.min(filesInTree, commitsInHistory);
  return judgeScan(
    evidence,
    [
      ...(searched === 0 ? [] : [observePass('searched', inspection)]),
      ...exactFound.map((found) =>
        observeFailure(
          'secret-found',
          `The repository contains ${found.rule}: ${[inTree(found), inHistory(found)].filter(Boolean).join('; ')}.`,
          inspection,
        ),
      ),
      ...filesUnread(unread, inspection),
    ],
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

type PlaceText = (found: SecretFound) => string;

/** @param scanned how many files or objects were scanned; without any there is nothing to observe */
function secretsFound(
  found: readonly SecretFound[],
  settled: readonly SettledSecret[],
  placeOf: PlaceText,
  inspection: Inspection,
  scanned: number,
): Observation[] {
  if (scanned === 0) return [];
  return [
    observePass('scanned', inspection),
    ...found.map((secret) => {
      const entry = entryFor(secret, settled);
      return entry === undefined
        ? observeFailure('secret-found', `The scan found a secret (${nameOf(secret)}) ${placeOf(secret)}. ${rotationOf(secret.rule)}`, inspection)
        : observe('pass', 'secret-settled', settledText(secret, entry, placeOf), inspection);
    }),
  ];
}

/** The same secret is at each of its places, so that the review of any place covers all of them. */
function entryFor({ fingerprints }: SecretFound, settled: readonly SettledSecret[]): SettledSecret | undefined {
  return settled.find(({ fingerprint }) => fingerprints.includes(fingerprint));
}

/** What a pass states about settled findings, with a space in front. */
function noteOf(found: readonly SecretFound[], settled: readonly SettledSecret[], placeOf: PlaceText): string {
  return found
    .flatMap((secret) => {
      const entry = entryFor(secret, settled);
      return entry === undefined ? [] : [` ${settledText(secret, entry, placeOf)}`];
    })
    .join('');
}

function settledText(secret: SecretFound, { reason, owner, date }: SettledSecret, placeOf: PlaceText): string {
  return `Settled by ${owner} on ${date}: ${nameOf(secret)} ${placeOf(secret)} (${reason.replace(/\.$/, '')}).`;
}

function unusedEntries(found: readonly SecretFound[], settled: readonly SettledSecret[]): string {
  const unused = settled.map(({ fingerprint }) => fingerprint).filter((each) => !found.some(({ fingerprints }) => fingerprints.includes(each)));
  return unused.length === 0 ? '' : ` Remove from settledSecrets what matches nothing: ${unused.join(', ')}.`;
}

function nameOf({ rule, fingerprints: [fingerprint = ''] }: SecretFound): string {
  return `${rule}, fingerprint ${fingerprint}`;
}

function inTree({ files: [first, ...others] }: SecretFound): string {
  if (first === undefined) return '';
  return `in ${first}${others.length === 0 ? '' : ` and ${counted(others.length, 'more file')}`} of the working tree`;
}

function inHistory({ history }: SecretFound): string {
  if (history === null) return '';
  const { first, last, commits, files } = history;
  const at = ({ file, commit, date }: typeof first): string =>
    commit === '' ? `in ${file}` : `in ${file} of commit ${commit.slice(0, 12)} (${date})`;
  if (commits === 1 && files === 1) return at(first);
  return `first ${at(first)}, last ${at(last)}, in ${counted(commits, 'commit')} and ${counted(files, 'path')}`;
}

function filesUnread(unread: readonly string[], inspection: Inspection): Observation[] {
  return unread.map((file) => observeDoubt('unread', `${file} cannot be read.`, inspection));
}

function judgeScan({ problem, scannerWorks, inspection }: SecretsEvidence, observations: readonly Observation[], passed: string): Verdict {
  if (problem !== undefined) return inconclusive('no-history', problem);
  const control = scannerWorks
    ? observePass('scanner-works', inspection)
    : observeDoubt('scanner-blind', 'The scanner did not find the generated private keys.', inspection);
  return conclude(observations.length === 0 ? [] : [control, ...observations], passed);
}

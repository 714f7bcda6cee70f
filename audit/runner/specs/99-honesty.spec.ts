import { check } from '../fixtures.ts';
import { judgeArtifacts, judgeCleanup, judgeTime } from '../../checks/self-check/judge.ts';
import { judgeSecretsInAnswers } from '../../checks/configuration/judge.ts';
import { leftovers } from '../preconditions.ts';
import { tidyUp } from '../../checks/self-check/gather-cleanup.ts';
import { requestsOf, waitedMs } from '../../gather/ledger.ts';
import { waitedForRelease } from '../session.ts';
import { readFiles } from '../../gather/run-directory.ts';

check('nothing-left-behind', 'target', async (session) => {
  const earlier = await leftovers(session);
  return judgeCleanup(await session.evidence('cleanup', (kit) => tidyUp(kit, earlier)));
});

check('secrets-in-answers', 'access', async ({ directory, target }) => judgeSecretsInAnswers(directory.readLedger(), Object.keys(target.secrets)));

check('artifacts-without-secrets', 'nothing', async ({ probe, directory, ledger, redactor }) => {
  const at = Date.now();
  const files = readFiles(directory.path).map(({ name, text }) => ({
    name,
    found: [...redactor.find(text), ...(redactor.redact(text) === text ? [] : ['a token'])],
  }));
  return judgeArtifacts(
    ledger.inspection({ probe: probe(), subject: `${files.length} files of this run, searched for secrets and tokens`, at, ms: Date.now() - at }),
    files,
  );
});

check('time-budget', 'nothing', async ({ config, probe, directory, ledger, startedAt }) => {
  const now = Date.now();
  const entries = directory.readLedger();
  const waited = waitedMs(entries) + waitedForRelease(directory);
  return judgeTime(
    ledger.inspection({ probe: probe(), subject: 'the clock, from the first check to the last', at: startedAt, ms: now - startedAt }),
    { elapsedMs: now - startedAt, waitedMs: waited, requests: entries.reduce((sum, entry) => sum + requestsOf(entry), 0) },
    config.budget,
  );
});

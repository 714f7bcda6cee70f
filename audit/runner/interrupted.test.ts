import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNotesApi } from '../../proving/third-party/notes-api.ts';
import { startThirdPartyDeployment } from '../../proving/third-party/deployment.ts';
import { auditDeployment, onlyInProve, startAuditOf } from '../test/environment.ts';

/** After which check, and how long after it, the audit is killed: later places leave objects of more checks. */
const PLACES = [
  ['tenant-access', 0, onlyInProve],
  ['health-open', 1_000, onlyInProve],
  ['wire-preflight', 0, onlyInProve],
  ['token-every-operation', 200, {}],
  ['limit-headers', 0, onlyInProve],
] as const;
/** The API still processes requests from before the kill. The number of objects is final when it has not changed for this long. */
const QUIET_MS = 500;

async function whenQuiet(count: () => number): Promise<number> {
  for (let before = count(); ; before = count()) {
    await sleep(QUIET_MS);
    if (count() === before) return before;
  }
}

describe('an audit that is killed', { concurrency: 1 }, () => {
  for (const [check, ms, options] of PLACES) {
    test(`${ms} ms after ${check} leaves objects, which the next one removes and reports`, options, async (context) => {
      // The second audit follows at once: one minute has room for both.
      const deployment = await startThirdPartyDeployment(createNotesApi, { requestsPerMinute: 400 });
      context.after(() => deployment.stop());
      const child = startAuditOf(context, deployment);
      let reached = false;
      const lines = createInterface(child.stdout);
      lines.on('line', async (line) => {
        if (!line.endsWith(` ${check}`)) return;
        reached = true;
        await sleep(ms);
        process.kill(-(child.pid ?? 0), 'SIGKILL');
      });
      const [, signal] = (await once(child, 'close')) as [number | null, string | null];
      assert.deepEqual([reached, signal], [true, 'SIGKILL']);
      const left = await whenQuiet(() => deployment.count().stored);
      assert.ok(left > 0, 'no object was left, so none could be removed');

      const { output, run } = await auditDeployment(context, deployment, {}, ['--grep', '(target-identity|tenant-access|nothing-left-behind)$']);
      assert.match(output, new RegExp(`^Removed ${left} objects that an earlier run had left\\.$`, 'm'), output);
      const cleaned = run.checks.find(({ id }) => id === 'nothing-left-behind');
      assert.deepEqual([cleaned?.outcome, cleaned?.summary.includes(`It also removed ${left} objects of earlier runs.`)], ['pass', true], output);
      assert.equal(deployment.count().stored, 0);
    });
  }
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNotesApi } from '../../proving/third-party/notes-api.ts';
import { startThirdPartyDeployment } from '../../proving/third-party/deployment.ts';
import { auditDeployment, startAuditOf } from '../test/environment.ts';

/** After which check, and how long after it, the audit is killed: objects of ever more probes are there by then. */
const PLACES = [
  ['tenant-access', 0],
  ['health-open', 1_000],
  ['wire-preflight', 0],
  ['token-every-operation', 200],
  ['limit-headers', 0],
] as const;
/** The API still processes what was sent before the kill: nothing changes any more when this long nothing has changed. */
const QUIET_MS = 500;

async function whenQuiet(count: () => number): Promise<number> {
  for (let before = count(); ; before = count()) {
    await sleep(QUIET_MS);
    if (count() === before) return before;
  }
}

describe('an audit that is killed', { concurrency: 1 }, () => {
  for (const [check, ms] of PLACES) {
    test(`${ms} ms after ${check} leaves objects, which the next one removes and tells of`, async (context) => {
      // The second audit follows at once: one minute has room for both.
      const stand = await startThirdPartyDeployment(createNotesApi, { requestsPerMinute: 400 });
      context.after(() => stand.stop());
      const child = startAuditOf(context, stand);
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
      const left = await whenQuiet(() => stand.count().stored);
      assert.ok(left > 0, 'nothing was left, so nothing could be removed');

      const { output, run } = await auditDeployment(context, stand, {}, ['--grep', '(target-identity|tenant-access|nothing-left-behind)$']);
      assert.match(output, new RegExp(`^Removed ${left} objects that an earlier run had left\\.$`, 'm'), output);
      const cleaned = run.checks.find(({ id }) => id === 'nothing-left-behind');
      assert.deepEqual([cleaned?.outcome, cleaned?.summary.includes(`It also removed ${left} objects of earlier runs.`)], ['pass', true], output);
      assert.equal(stand.count().stored, 0);
    });
  }
});

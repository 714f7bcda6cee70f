import { checksToRun } from '../checks/catalog.ts';
import { endAs } from '../run/exit-code.ts';
import { prepareAudit } from '../runner/prepare.ts';
import { beginRun, endRun, requestCheck } from '../runner/run-lifecycle.ts';

/** The audit as a script: every check in order, for tests in which most checks fail and each would cost a new Playwright worker. */
endAs('cannot start');
beginRun(await prepareAudit());
for (const id of checksToRun) await requestCheck(id);
await endRun({ isInterrupted: false, selected: checksToRun.length, errors: [] }, (line) => console.log(line));

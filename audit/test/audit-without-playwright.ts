import { checksToRun } from '../checks/catalog.ts';
import { endAs } from '../run/exit-code.ts';
import { prepareAudit } from '../runner/prepare.ts';
import { beginRun, endRun, requestCheck, selectChecks } from '../runner/run-lifecycle.ts';

/**
 * The audit as a script, for tests in which most checks fail and each would cost a new Playwright worker: every check in order, or those whose
 * ids are its arguments.
 */
const selected = process.argv.length > 2 ? checksToRun.filter((id) => process.argv.includes(id)) : checksToRun;
endAs('cannot start');
beginRun(await prepareAudit());
selectChecks(selected);
for (const id of selected) await requestCheck(id);
await endRun({ isInterrupted: false, selected: selected.length, errors: [] }, (line) => console.log(line));

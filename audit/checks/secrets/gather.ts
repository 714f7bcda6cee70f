import { Worker } from 'node:worker_threads';
import type { Inspection } from '../../model/exchange.ts';
import { counted, seconds } from '../../model/wording.ts';
import { gitLines } from '../../gather/git.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { recordInspection } from '../../gather/ledger.ts';
import type { RepositoryScan } from './scan-repository.ts';
import type { ScanMessage } from './scan-worker.ts';

export type SecretsEvidence = Omit<RepositoryScan, 'patterns' | 'values'> & {
  inspection: Inspection;
  /** Why nothing could be scanned. */
  problem?: string;
};

type SecretsContext = Pick<GatherContext, 'ledger' | 'evidenceName' | 'ending'> & { target: Pick<GatherContext['target'], 'secrets'> };

export const secretsEvidence: Evidence<SecretsEvidence> = { name: 'secrets', area: 'secrets', local: true, gather: gatherSecrets };

const NOTHING_SCANNED: Omit<SecretsEvidence, 'inspection'> = {
  filesInTree: 0,
  commitsInHistory: 0,
  found: [],
  exactNames: [],
  exactFound: [],
  trackedEnvironmentFiles: [],
  unread: [],
  scannerWorks: false,
};

/** Scans the working tree and the whole history by the scanner's rules, and searches them for the exact values. */
export async function gatherSecrets(context: SecretsContext): Promise<SecretsEvidence> {
  const at = Date.now();
  const inspect = (subject: string): Inspection => recordInspection(context, subject, at);
  try {
    if ((await gitLines('rev-parse', '--is-shallow-repository'))[0] === 'true')
      return {
        ...NOTHING_SCANNED,
        inspection: inspect('git history: shallow'),
        problem: 'The clone is shallow, so most of the history is missing. Fetch it with git fetch --unshallow.',
      };
    const { patterns, values, ...scanned } = await scanInWorker(context);
    const [files, commits] = [counted(scanned.filesInTree, 'file'), counted(scanned.commitsInHistory, 'commit')];
    const work = `${patterns.count} objects scanned in ${seconds(patterns.ms)}, ${values.count} searched for exact values in ${seconds(values.ms)}`;
    return { ...scanned, inspection: inspect(`the working tree (${files}) and the history (${commits}): ${work}`) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'git does not work here';
    return { ...NOTHING_SCANNED, inspection: inspect('git: not usable here'), problem };
  }
}

/** In a separate thread: the first scan of a large repository takes minutes, and other evidence measures how fast responses arrive. */
async function scanInWorker({ target: { secrets }, ending }: SecretsContext): Promise<RepositoryScan> {
  const started = performance.now();
  const worker = new Worker(new URL('scan-worker.ts', import.meta.url), {
    workerData: { secrets },
    // Options of the audit's process, such as a loader, are not for this thread.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 },
  });
  const stop = (): void => void worker.terminate();
  ending.addEventListener('abort', stop);
  if (ending.aborted) stop();
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: ScanMessage) => {
        if ('scanned' in message) resolve(message.scanned);
        else if ('problem' in message) reject(new Error(message.problem));
        else console.error(`Scanning the history for secrets: ${counted(message.objects, 'object')} in ${seconds(performance.now() - started)}.`);
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('The scan of the history was interrupted. The next run continues it.')));
    });
  } finally {
    ending.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

import { parentPort, workerData } from 'node:worker_threads';
import { scanRepository, type RepositoryScan } from './scan-repository.ts';

/** What the worker reports: how many objects it has read so far, and at the end the result or why there is none. */
export type ScanMessage = { objects: number } | { scanned: RepositoryScan } | { problem: string };

const { secrets } = workerData as { secrets: Readonly<Record<string, string>> };
const report = (message: ScanMessage): void => parentPort?.postMessage(message);

try {
  report({ scanned: await scanRepository({ secrets, onProgress: (objects) => report({ objects }) }) });
} catch (error) {
  report({ problem: error instanceof Error ? error.message : 'git does not work here' });
}

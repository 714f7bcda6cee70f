import type { ServiceProcess } from '../../rehearsal/process/service-process.ts';
import { cpuOf, untilIdle } from './processes.ts';
import { load, type WrkOptions, type WrkReport } from './wrk.ts';

/** One server under load. */
export type Measurement = WrkReport & {
  /** User and system time of the server's processes per request, without PostgreSQL's; null without responses. */
  readonly cpuMicroseconds: number | null;
  /** The same of PostgreSQL. */
  readonly databaseCpuMicroseconds: number | null;
};

export async function measureUnderLoad(
  { port, pid }: Pick<ServiceProcess, 'port' | 'pid'>,
  databasePid: number,
  { warmUpSeconds, ...options }: Omit<WrkOptions, 'port'> & { readonly warmUpSeconds: number },
): Promise<Measurement> {
  await load({ ...options, port, seconds: warmUpSeconds });
  // wrk exits with pending requests: their work belongs neither to this measurement nor to the next server's.
  await untilIdle(pid);
  const cpuOfBoth = (): Promise<[server: number, database: number]> => Promise.all([cpuOf(pid), cpuOf(databasePid)]);
  const [serverBefore, databaseBefore] = await cpuOfBoth();
  const measured = await load({ ...options, port });
  const [serverAfter, databaseAfter] = await cpuOfBoth();
  await untilIdle(pid);
  const perRequest = (spent: number): number | null => (measured.requests === 0 ? null : spent / measured.requests);
  return {
    ...measured,
    cpuMicroseconds: perRequest(serverAfter - serverBefore),
    databaseCpuMicroseconds: perRequest(databaseAfter - databaseBefore),
  };
}

import type { ServiceProcess } from '../../rehearsal/process/service-process.ts';
import { cpuOf, untilIdle } from './processes.ts';
import { load, type WrkOptions, type WrkReport } from './wrk.ts';

/** One server under load. */
export type Measurement = WrkReport & {
  /** User and system time of the server's processes per request, without PostgreSQL's; null without responses. */
  readonly cpuMicroseconds: number | null;
};

export async function measureUnderLoad(
  { port, pid }: ServiceProcess,
  { warmUpSeconds, ...options }: Omit<WrkOptions, 'port'> & { readonly warmUpSeconds: number },
): Promise<Measurement> {
  await load({ ...options, port, seconds: warmUpSeconds });
  // wrk exits with pending requests: their work belongs neither to this measurement nor to the next server's.
  await untilIdle(pid);
  const before = await cpuOf(pid);
  const measured = await load({ ...options, port });
  const spent = (await cpuOf(pid)) - before;
  await untilIdle(pid);
  return { ...measured, cpuMicroseconds: measured.requests === 0 ? null : spent / measured.requests };
}

import { markdownTable } from 'markdown-table';
import { format } from './figures.ts';
import type { SoakFigures } from './soak.ts';

export function renderSoak({ rate, atStart, minutes, peakMb }: SoakFigures): string {
  const rows = minutes.map(({ residentMb, requests, failed, p50, p99 }, index) => [
    String(index + 1),
    format(residentMb),
    String(requests),
    String(failed),
    format(p50),
    format(p99),
  ]);
  const table = markdownTable(
    [['minute', 'resident at the end (MB)', 'requests', 'failed', 'p50 (ms)', 'p99 (ms)'], ['start', format(atStart), '', '', '', ''], ...rows],
    { align: 'r' },
  );
  const how = `${rate.perSecond} requests per second, whether or not earlier ones have ended, for the list and one task in turn; latencies count from when a request was due.`;
  return `${how} Peak resident memory was ${format(peakMb)} MB.\n\n${table}`;
}

import { markdownTable } from 'markdown-table';
import { shown } from './figures.ts';
import type { SoakFigures } from './soak.ts';

export function renderSoak({ rate, atStart, minutes, peakMb }: SoakFigures): string {
  const rows = minutes.map(({ residentMb, requests, failed, p50, p99 }, index) => [
    String(index + 1),
    shown(residentMb),
    String(requests),
    String(failed),
    shown(p50),
    shown(p99),
  ]);
  const table = markdownTable(
    [['minute', 'resident at its end (MB)', 'requests', 'failed', 'p50 (ms)', 'p99 (ms)'], ['start', shown(atStart), '', '', '', ''], ...rows],
    { align: 'r' },
  );
  const how = `${rate.perSecond} requests a second, whether or not earlier ones were answered, list and task by turns; latencies count from when a request was due.`;
  return `${how} At most ${shown(peakMb)} MB were resident.\n\n${table}`;
}

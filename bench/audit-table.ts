import { markdownTable } from 'markdown-table';
import type { AuditFigures } from './audit-time.ts';
import { shown } from './figures.ts';

export function renderAudit({ runs }: AuditFigures): string {
  const areas = [...new Set(runs.flatMap((run) => run.areas.map(({ area }) => area)))];
  const rows = areas.map((name) => {
    const found = runs.map((run) => run.areas.find(({ area }) => area === name));
    return [name, String(found[0]?.requests ?? '–'), ...found.map((area) => (area === undefined ? '–' : seconds(area.ms)))];
  });
  const whole = ['**whole catalogue**', String(runs[0]?.requests ?? '–'), ...runs.map((run) => seconds(run.duration_ms))];
  const verdict = ['verdict', '', ...runs.map((run) => run.verdict)];
  const header = ['area', 'requests', ...runs.map(({ roundTripMs }) => `${roundTripMs} ms (s)`)];
  const table = markdownTable([header, ...rows, whole, verdict], { align: ['l', ...header.slice(1).map(() => 'r')] });
  return `Seconds by round trip, one run each; requests are those of the first.\n\n${table}`;
}

function seconds(ms: number): string {
  return shown(ms / 1_000);
}

import { markdownTable } from 'markdown-table';
import type { Audited, AuditFigures } from './audit-time.ts';
import { shown, shownSpread } from './figures.ts';
import { medianOf } from './statistics.ts';

export function renderAudit({ runs }: AuditFigures): string {
  const areas = [...new Set(runs.flatMap((run) => run.areas.map(({ area }) => area)))];
  const distances = [...Map.groupBy(runs, ({ roundTripMs }) => roundTripMs)].map(([roundTripMs, alike]) => ({ roundTripMs, alike }));
  const rows = areas.map((name) => {
    const times = distances.map(({ alike }) => alike.flatMap((run) => msOf(run, name)));
    const requests = runs[0]?.areas.find(({ area }) => area === name)?.requests;
    return [name, String(requests ?? '–'), ...times.map((all) => (all.length === 0 ? '–' : shown(medianOf(all) / 1_000)))];
  });
  const whole = distances.map(({ alike }) => shownSpread(alike.map(({ duration_ms }) => duration_ms / 1_000)));
  const verdicts = distances.map(({ alike }) => [...new Set(alike.map(({ verdict }) => verdict))].join(', '));
  const header = ['area', 'requests', ...distances.map(({ roundTripMs }) => `${roundTripMs} ms (s)`)];
  const table = markdownTable([header, ...rows, ['**whole catalogue**', String(runs[0]?.requests ?? '–'), ...whole], ['verdict', '', ...verdicts]], {
    align: ['l', ...header.slice(1).map(() => 'r')],
  });
  return `Seconds by round trip: medians (least–most) of ${distances[0]?.alike.length ?? 0} alternating runs each; requests are those of the first.\n\n${table}`;
}

function msOf({ areas }: Audited, name: string): number[] {
  return areas.filter(({ area }) => area === name).map(({ ms }) => ms);
}

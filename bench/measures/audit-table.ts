import { markdownTable } from 'markdown-table';
import type { TimedAudit, AuditFigures } from './audit-time.ts';
import { format, formatSpread } from './figures.ts';
import { medianOf } from './statistics.ts';

export function renderAudit({ runs }: AuditFigures): string {
  const areas = [...new Set(runs.flatMap((run) => run.areas.map(({ area }) => area)))];
  const roundTrips = [...Map.groupBy(runs, ({ roundTripMs }) => roundTripMs)].map(([roundTripMs, same]) => ({ roundTripMs, same }));
  const rows = areas.map((name) => {
    const times = roundTrips.map(({ same }) => same.flatMap((run) => msOf(run, name)));
    const requests = runs[0]?.areas.find(({ area }) => area === name)?.requests;
    return [name, String(requests ?? '–'), ...times.map((all) => (all.length === 0 ? '–' : format(medianOf(all) / 1_000)))];
  });
  const whole = roundTrips.map(({ same }) => formatSpread(same.map(({ duration_ms }) => duration_ms / 1_000)));
  const verdicts = roundTrips.map(({ same }) => [...new Set(same.map(({ verdict }) => verdict))].join(', '));
  const header = ['area', 'requests', ...roundTrips.map(({ roundTripMs }) => `${roundTripMs} ms (s)`)];
  const table = markdownTable([header, ...rows, ['**all checks**', String(runs[0]?.requests ?? '–'), ...whole], ['verdict', '', ...verdicts]], {
    align: ['l', ...header.slice(1).map(() => 'r')],
  });
  return `Seconds by round trip: medians (minimum–maximum) of ${roundTrips[0]?.same.length ?? 0} alternating runs each; requests are those of the first run.\n\n${table}`;
}

function msOf({ areas }: TimedAudit, name: string): number[] {
  return areas.filter(({ area }) => area === name).map(({ ms }) => ms);
}

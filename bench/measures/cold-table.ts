import { markdownTable } from 'markdown-table';
import type { ColdFigures } from './cold.ts';
import { shownSpread } from './figures.ts';

export function renderCold({ node, peers }: ColdFigures): string {
  const rows = peers.map(({ name, starts }) => [
    name,
    ...(['listening', 'health', 'tasks'] as const).map((moment) => shownSpread(starts.map((start) => start[moment]))),
  ]);
  const table = markdownTable(
    [
      ['server', 'listening (ms)', 'first 200 of /health (ms)', 'first 200 of /api/v1/tasks (ms)'],
      ['`node -e 0`, to its end', shownSpread(node), '', ''],
      ...rows,
    ],
    { align: ['l', 'r', 'r', 'r'] },
  );
  return `From the command: medians (least–most) of ${node.length} alternating starts.\n\n${table}`;
}

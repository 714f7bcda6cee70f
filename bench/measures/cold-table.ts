import { markdownTable } from 'markdown-table';
import type { ColdFigures } from './cold.ts';
import { formatSpread } from './figures.ts';

export function renderCold({ node, peers }: ColdFigures): string {
  const rows = peers.map(({ name, starts }) => [
    name,
    ...(['listening', 'health', 'tasks'] as const).map((moment) => formatSpread(starts.map((start) => start[moment]))),
  ]);
  const table = markdownTable(
    [
      ['server', 'listening (ms)', 'first 200 of /health (ms)', 'first 200 of /api/v1/tasks (ms)'],
      ['`node -e 0`, to its exit', formatSpread(node), '', ''],
      ...rows,
    ],
    { align: ['l', 'r', 'r', 'r'] },
  );
  return `Time from the command: medians (minimum–maximum) of ${node.length} alternating starts.\n\n${table}`;
}

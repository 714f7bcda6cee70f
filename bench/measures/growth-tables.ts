import { markdownTable } from 'markdown-table';
import { formatSpread } from './figures.ts';
import type { Growth, GrowthFigures } from './growth.ts';

export function renderGrowth({ patience, inAll, ofOneUser }: GrowthFigures): string {
  const { rounds, requests } = patience;
  return [
    `Milliseconds of a request over one connection: medians (minimum–maximum) of the medians of ${rounds} rounds of ${requests} requests.`,
    tableOf('all tasks, of which the user has 20', inAll),
    tableOf('tasks of the user', ofOneUser),
  ].join('\n\n');
}

function tableOf(label: string, sizes: readonly Growth[]): string {
  const rows = sizes.map(({ tasks, list, search }) => [tasks.toLocaleString('en'), formatSpread(list), formatSpread(search)]);
  return markdownTable([[label, 'list, first page (ms)', 'search (ms)'], ...rows], { align: 'r' });
}

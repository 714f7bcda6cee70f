import { markdownTable } from 'markdown-table';
import { shownSpread } from './figures.ts';
import type { Growth, GrowthFigures } from './growth.ts';

export function renderGrowth({ patience, inAll, ofOneUser }: GrowthFigures): string {
  const { rounds, requests } = patience;
  return [
    `Milliseconds of a request over one connection: medians (least–most) of the medians of ${rounds} rounds of ${requests} requests.`,
    tableOf('tasks in all, of which the user has 20', inAll),
    tableOf('tasks of the user', ofOneUser),
  ].join('\n\n');
}

function tableOf(what: string, sizes: readonly Growth[]): string {
  const rows = sizes.map(({ tasks, list, search }) => [tasks.toLocaleString('en'), shownSpread(list), shownSpread(search)]);
  return markdownTable([[what, 'list, first page (ms)', 'search (ms)'], ...rows], { align: 'r' });
}

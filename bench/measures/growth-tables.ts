import { markdownTable } from 'markdown-table';
import { formatSpread } from './figures.ts';
import { type Growth, GROWTH_ROUTES, type GrowthFigures, type GrowthRoute } from './growth.ts';

const HEADS: Readonly<Record<GrowthRoute, string>> = {
  list: 'list, first page',
  rare: 'search for a word in at most 17 tasks',
  frequent: 'for a word in a quarter of them',
  short: 'for its first two letters',
};

export function renderGrowth({ patience, inAll, ofOneUser }: GrowthFigures): string {
  const { rounds, requests } = patience;
  return [
    `Milliseconds of a request over one connection: medians (minimum–maximum) of the medians of ${rounds} rounds of ${requests} requests.`,
    tableOf('all tasks, of which the user has 20', inAll),
    tableOf('tasks of the user', ofOneUser),
  ].join('\n\n');
}

function tableOf(label: string, sizes: readonly Growth[]): string {
  const rows = sizes.map(({ tasks, times }) => [tasks.toLocaleString('en'), ...GROWTH_ROUTES.map((route) => formatSpread(times[route]))]);
  return markdownTable([[label, ...GROWTH_ROUTES.map((route) => HEADS[route])], ...rows], { align: 'r' });
}

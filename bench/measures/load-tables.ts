import { markdownTable } from 'markdown-table';
import { format, formatSpread } from './figures.ts';
import { type LoadFigures, nameOf, type ServerFigures } from './load.ts';
import { medianOf } from './statistics.ts';

const HEADER = [
  'server',
  'requests/s',
  'p50 (ms)',
  'p99 (ms)',
  'p99.9 (ms)',
  'CPU (µs/request)',
  'PostgreSQL CPU',
  'peak memory (MB)',
  'errors',
  'refused',
];
const ALIGN = ['l', ...HEADER.slice(1).map(() => 'r')];
const QUERIES = 'queries/s';

/** One table for each scenario, and the limit of the generator. */
export function renderLoad({ pace, peers, generator, scenarios }: LoadFigures): string {
  const legend = peers.map(({ name, title }) => `- **${name}**: ${title}`).join('\n');
  const how =
    `Medians (minimum–maximum) of ${pace.rounds} interleaved rounds of ${pace.seconds} s each, after a warm-up of ${pace.firstWarmUpSeconds} s ` +
    `when the server has started and of ${pace.warmUpSeconds} s before each round.`;
  const tables = scenarios.map((scenario) => `### ${capitalised(nameOf(scenario))}\n\n${tableOf(scenario.outcomes, scenario.route === 'health')}`);
  return [how, legend, renderGenerator(generator), ...tables].join('\n\n');
}

function tableOf(outcomes: readonly ServerFigures[], withQueries: boolean): string {
  const header = withQueries ? [...HEADER, QUERIES] : HEADER;
  const rows = outcomes.map((outcome) => (withQueries ? [...rowOf(outcome), format(outcome.queriesPerSecond ?? Number.NaN)] : rowOf(outcome)));
  return markdownTable([header, ...rows], { align: withQueries ? [...ALIGN, 'r'] : ALIGN });
}

function rowOf({ peer, rounds, peakMb }: ServerFigures): string[] {
  return [
    peer,
    formatSpread(rounds.map(({ requests, seconds }) => requests / seconds)),
    ...(['p50', 'p99', 'p999', 'cpuMicroseconds', 'databaseCpuMicroseconds'] as const).map((figure) =>
      formatSpread(rounds.map((round) => round[figure])),
    ),
    format(peakMb),
    ...(['errors', 'refused'] as const).map((figure) => String(rounds.reduce((all, round) => all + round[figure], 0))),
  ];
}

function renderGenerator({ rounds, peakMb }: LoadFigures['generator']): string {
  const rate = medianOf(rounds.map(({ requests, seconds }) => requests / seconds));
  const share = medianOf(rounds.map(({ generatorShare }) => generatorShare));
  return (
    `One thread of wrk generates the load. With a server that returns a constant of the length of a list, over 100 connections, it reached ` +
    `${format(rate)} requests/s and used ${format(share * 100)} % of one processor: lower rates below are due to the servers. ` +
    `That server, \`node:http\` without packages or database, used ${format(peakMb)} MB at most.`
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

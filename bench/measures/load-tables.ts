import { markdownTable } from 'markdown-table';
import { shown, shownSpread } from './figures.ts';
import { type LoadFigures, nameOf, type Outcome } from './load.ts';
import { medianOf } from './statistics.ts';

const HEADER = ['server', 'requests/s', 'p50 (ms)', 'p99 (ms)', 'p99.9 (ms)', 'CPU (µs/request)', 'peak memory (MB)', 'errors', 'refused'];
const ALIGN = ['l', ...HEADER.slice(1).map(() => 'r')];
const QUERIES = 'queries/s';

/** One table a scenario, and what was found of the generator. */
export function renderLoad({ pace, peers, generator, scenarios }: LoadFigures): string {
  const legend = peers.map(({ name, title }) => `- **${name}**: ${title}`).join('\n');
  const how = `Medians (least–most) of ${pace.rounds} interleaved rounds of ${pace.seconds} s each, after ${pace.warmUpSeconds} s to warm up.`;
  const tables = scenarios.map((scenario) => `### ${capitalised(nameOf(scenario))}\n\n${tableOf(scenario.outcomes, scenario.route === 'health')}`);
  return [how, legend, renderGenerator(generator), ...tables].join('\n\n');
}

function tableOf(outcomes: readonly Outcome[], withQueries: boolean): string {
  const header = withQueries ? [...HEADER, QUERIES] : HEADER;
  const rows = outcomes.map((outcome) => (withQueries ? [...rowOf(outcome), shown(outcome.queriesPerSecond ?? Number.NaN)] : rowOf(outcome)));
  return markdownTable([header, ...rows], { align: withQueries ? [...ALIGN, 'r'] : ALIGN });
}

function rowOf({ peer, rounds, peakMb }: Outcome): string[] {
  return [
    peer,
    shownSpread(rounds.map(({ requests, seconds }) => requests / seconds)),
    ...(['p50', 'p99', 'p999', 'cpuMicroseconds'] as const).map((figure) => shownSpread(rounds.map((round) => round[figure]))),
    shown(peakMb),
    ...(['errors', 'refused'] as const).map((figure) => String(rounds.reduce((all, round) => all + round[figure], 0))),
  ];
}

function renderGenerator({ rounds, peakMb }: LoadFigures['generator']): string {
  const rate = medianOf(rounds.map(({ requests, seconds }) => requests / seconds));
  const share = medianOf(rounds.map(({ generatorShare }) => generatorShare));
  return (
    `The load comes from one thread of wrk. Against a server that answers a constant of the length of a list, over 100 connections, it made ` +
    `${shown(rate)} requests/s and took ${shown(share * 100)} % of one processor: what it reaches there and not below is the servers' doing. ` +
    `That server, \`node:http\` without any package or database, needed ${shown(peakMb)} MB at most.`
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

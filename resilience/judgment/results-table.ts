import { markdownTable } from 'markdown-table';
import type { Figures, Scenario } from '../trial/scenario.ts';

/** What became of a scenario: it was measured, could not be run here, or could not be carried out. */
export type Result = { readonly scenario: Pick<Scenario, 'name' | 'title'> } & (
  { readonly figures: Figures } | { readonly obstacle: string } | { readonly error: string }
);

const HEADER = [
  'fault',
  'requests',
  '2xx',
  '503',
  'other',
  'slowest (s)',
  'acknowledged',
  'lost',
  'doubled',
  'recovery (ms)',
  'health wrong',
  'verdict',
];
const NUMBERS = 10;

/** The results as Markdown: a table, what was broken, and the count. */
export function renderResults(results: readonly Result[]): string {
  const align = HEADER.map((name) => (name === 'fault' || name === 'verdict' ? 'l' : 'r'));
  const table = markdownTable([HEADER, ...results.map(rowOf)], { align });
  const broken = results.flatMap((result) => breachesOf(result).map((breach) => `- ${result.scenario.name}: ${breach}`));
  return [table, ...(broken.length > 0 ? [broken.join('\n')] : []), count(results)].join('\n\n');
}

export function hasSurvived(result: Result): boolean {
  return 'figures' in result && result.figures.breaches.length === 0;
}

export function isNotRun(result: Result): boolean {
  return 'obstacle' in result;
}

function rowOf(result: Result): string[] {
  const title = `${result.scenario.name}: ${result.scenario.title}`;
  const nothing = Array.from({ length: NUMBERS }, () => '–');
  if ('obstacle' in result) return [title, ...nothing, `not run: ${result.obstacle}`];
  if ('error' in result) return [title, ...nothing, 'not carried out'];
  const { figures } = result;
  const counts = [figures.requests, figures.succeeded, figures.unavailable, figures.other].map(String);
  const recovery = figures.recoveryMs === undefined ? 'none' : String(Math.round(figures.recoveryMs));
  const writes = [figures.acknowledged, figures.lost, figures.doubled].map(String);
  const verdict = figures.breaches.length === 0 ? 'survived' : 'broken';
  return [title, ...counts, (figures.slowestMs / 1000).toFixed(1), ...writes, recovery, String(figures.healthWrong), verdict];
}

function breachesOf(result: Result): readonly string[] {
  if ('error' in result) return [result.error];
  return 'figures' in result ? result.figures.breaches : [];
}

function count(results: readonly Result[]): string {
  const notRun = results.filter(isNotRun).length;
  const survived = results.filter(hasSurvived).length;
  return `${results.length} faults, ${survived} survived${notRun > 0 ? `, ${notRun} not run` : ''}`;
}

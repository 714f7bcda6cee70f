import { markdownTable } from 'markdown-table';
import type { ScenarioFigures, Scenario } from '../trial/scenario.ts';

/** A scenario was measured, cannot run on this machine, or could not be carried out. */
export type ScenarioResult = { readonly scenario: Pick<Scenario, 'name' | 'title'> } & (
  { readonly figures: ScenarioFigures } | { readonly obstacle: string } | { readonly error: string }
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
const NUMERIC_COLUMNS = 10;

/** Markdown: a table, the breaches, and the number of survived faults. */
export function renderResults(results: readonly ScenarioResult[]): string {
  const align = HEADER.map((name) => (name === 'fault' || name === 'verdict' ? 'l' : 'r'));
  const table = markdownTable([HEADER, ...results.map(rowOf)], { align });
  const broken = results.flatMap((result) => breachesOf(result).map((breach) => `- ${result.scenario.name}: ${breach}`));
  return [table, ...(broken.length > 0 ? [broken.join('\n')] : []), count(results)].join('\n\n');
}

export function hasSurvived(result: ScenarioResult): boolean {
  return 'figures' in result && result.figures.breaches.length === 0;
}

export function isNotRun(result: ScenarioResult): boolean {
  return 'obstacle' in result;
}

function rowOf(result: ScenarioResult): string[] {
  const title = `${result.scenario.name}: ${result.scenario.title}`;
  const nothing = Array.from({ length: NUMERIC_COLUMNS }, () => '–');
  if ('obstacle' in result) return [title, ...nothing, `not run: ${result.obstacle}`];
  if ('error' in result) return [title, ...nothing, 'not carried out'];
  const { figures } = result;
  const counts = [figures.requests, figures.succeeded, figures.unavailable, figures.other].map(String);
  const recovery = figures.recoveryMs === undefined ? 'none' : String(Math.round(figures.recoveryMs));
  const writes = [figures.acknowledged, figures.lost, figures.doubled].map(String);
  const verdict = figures.breaches.length === 0 ? 'survived' : 'broken';
  return [title, ...counts, (figures.slowestMs / 1000).toFixed(1), ...writes, recovery, String(figures.healthWrong), verdict];
}

function breachesOf(result: ScenarioResult): readonly string[] {
  if ('error' in result) return [result.error];
  return 'figures' in result ? result.figures.breaches : [];
}

function count(results: readonly ScenarioResult[]): string {
  const notRun = results.filter(isNotRun).length;
  const survived = results.filter(hasSurvived).length;
  return `${results.length} ${results.length === 1 ? 'fault' : 'faults'}, ${survived} survived${notRun > 0 ? `, ${notRun} not run` : ''}`;
}

import { markdownTable } from 'markdown-table';
import { type Bound, judgeBounds } from './bounds.ts';
import { renderAudit } from './measures/audit-table.ts';
import { renderCold } from './measures/cold-table.ts';
import { format } from './measures/figures.ts';
import { renderGrowth } from './measures/growth-tables.ts';
import { renderLoad } from './measures/load-tables.ts';
import { renderSoak } from './measures/soak-table.ts';
import { type AllMeasured, type PartFigures, type Measured, type PartName, PARTS } from './measures/stored-figures.ts';

type ResultsSection<Name extends PartName> = {
  readonly title: string;
  render(figures: PartFigures[Name]): string;
};

const SECTIONS: { readonly [Name in PartName]: ResultsSection<Name> } = {
  load: { title: 'Load', render: renderLoad },
  growth: { title: 'Growth', render: renderGrowth },
  cold: { title: 'Cold start', render: renderCold },
  audit: { title: 'The audit', render: renderAudit },
  soak: { title: 'Soak', render: renderSoak },
};

/** RESULTS.md: the bounds, the circumstances, then each part. */
export function renderResults(all: AllMeasured): string {
  return `# Benchmarks

Written by \`npm run bench\`; [README.md](README.md) describes the measurements and the servers.

## Bounds

Of load: with 100 connections, where nothing else is stated. The columns after the measured figure are: the same against the baseline that
validates, as the frameworks do; and what the baseline and the service's packages alone reach, so that a bound that they miss is visible.

${renderBounds(judgeBounds(all))}

## Circumstances

${renderCircumstances(all)}

${PARTS.map((name) => sectionOf(name, all)).join('\n\n')}
`;
}

/** One part with its circumstances. */
export function renderPart<Name extends PartName>(name: Name, measured: Measured<Name>): string {
  return `${renderSection(name, measured)}\n\n${renderCircumstances({ [name]: measured })}\n`;
}

function sectionOf<Name extends PartName>(name: Name, all: AllMeasured): string {
  return renderSection(name, all[name]);
}

function renderSection<Name extends PartName>(name: Name, { leftOut, figures }: Measured<Name>): string {
  const { title, render } = SECTIONS[name];
  return [`## ${title}`, ...leftOut, render(figures)].join('\n\n');
}

function renderBounds(bounds: readonly Bound[]): string {
  const rows = bounds.map(({ figure, bound, measured, againstChecked, baseline, minimum, reached }) => [
    figure,
    bound,
    measured ?? 'not measured',
    againstChecked ?? '',
    baseline ?? '',
    minimum ?? '',
    reached === undefined ? '–' : reached ? 'yes' : '**no**',
  ]);
  return markdownTable([['figure', 'bound', 'measured', 'over baseline-checked', 'the baseline', 'express-minimum', 'reached'], ...rows], {
    align: ['l', 'r', 'r', 'r', 'r', 'r', 'l'],
  });
}

function renderCircumstances(measured: Partial<AllMeasured>): string {
  const parts = PARTS.flatMap((name) => {
    const circumstances = measured[name]?.circumstances;
    return circumstances === undefined ? [] : [{ name, ...circumstances }];
  });
  const rows = parts.map(({ name, date, commit, loadBefore }) => [name, date.slice(0, 16).replace('T', ' '), commit, format(loadBefore)]);
  const table = markdownTable([['part', 'measured (UTC)', 'commit', 'load before'], ...rows], { align: ['l', 'l', 'l', 'r'] });
  const machines = new Set(parts.map(({ machine }) => machine));
  const versions = new Set(parts.flatMap((part) => Object.entries(part.versions).map(([name, version]) => `${name} ${version}`)));
  return `${table}\n\n${[...machines].join('; ')}. ${[...versions].join(', ')}.`;
}

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Target } from '../target.ts';
import { renderHtml } from './html.ts';
import { renderJunit } from './junit.ts';
import { renderReport } from './markdown.ts';
import type { Run } from './run.ts';
import { renderSarif } from './sarif.ts';

/** All that is rendered of a run, by file: the report where it is wanted, the others beside the saved run. */
export function renderAll(run: Run, { reportFile, runFile }: Pick<Target, 'reportFile' | 'runFile'>): Record<string, string> {
  const beside = (name: string): string => path.join(path.dirname(runFile), name);
  return {
    [reportFile]: renderReport(run),
    [beside('report.html')]: renderHtml(run),
    [beside('junit.xml')]: renderJunit(run),
    [beside('audit.sarif')]: renderSarif(run),
  };
}

/** Each file is there whole or not at all: a reader never finds half of one. */
export function writeFiles(files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.part`, text);
    renameSync(`${file}.part`, file);
  }
}

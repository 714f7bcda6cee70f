import path from 'node:path';
import type { Target } from '../settings/target.ts';
import { renderHtml } from './html/page.ts';
import { renderJunit } from './junit.ts';
import { renderReport } from './markdown.ts';
import type { Output } from './output-files.ts';
import type { Run } from '../run/run.ts';
import { renderSarif } from './sarif.ts';

type Files = Pick<Target, 'reportFile' | 'runFile'>;

/** What is rendered beside the saved run, by file name. */
const BESIDE = { 'report.html': renderHtml, 'junit.xml': renderJunit, 'audit.sarif': renderSarif } as const;

/**
 * All that is rendered of a run, by file: the report where it is wanted, the others beside the saved run.
 * @param repository to which the links of the report lead
 */
export function renderAll(run: Run, { reportFile, runFile }: Files, repository = '.'): Record<string, string> {
  const beside = Object.entries(BESIDE).map(([name, render]) => [path.join(path.dirname(runFile), name), render(run)] as const);
  return { [reportFile]: renderReport(run, rootFrom(path.dirname(reportFile), repository)), ...Object.fromEntries(beside) };
}

/** Links must resolve from where the report is (SC-005). From outside the repository they would show where on this machine it is. */
function rootFrom(directory: string, repository: string): string {
  const depth = path.relative(repository, directory).split(path.sep).filter(Boolean);
  return depth[0] === '..' || path.isAbsolute(depth.join('/')) ? '' : '../'.repeat(depth.length);
}

/** Every file a run is saved and rendered to. */
export function outputsOf({ reportFile, runFile }: Files): Output[] {
  const beside = Object.keys(BESIDE).map((name) => path.join(path.dirname(runFile), name));
  return [...[runFile, ...beside].map((file) => ({ setting: 'AUDIT_RUN', file })), { setting: 'AUDIT_REPORT', file: reportFile }];
}

/** The same files with what is to be written to each. */
export function withTexts(target: Files, texts: Readonly<Record<string, string>>): (Output & { text: string })[] {
  return outputsOf(target).flatMap(({ setting, file }) => {
    const text = texts[file];
    return text === undefined ? [] : [{ setting, file, text }];
  });
}

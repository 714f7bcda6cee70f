import path from 'node:path';
import type { Target } from '../settings/target.ts';
import { renderHtml } from './html/page.ts';
import { renderJunit } from './junit.ts';
import { renderReport } from './markdown.ts';
import type { Output } from './output-files.ts';
import type { Run } from '../run/run.ts';
import { renderSarif } from './sarif.ts';

type Files = Pick<Target, 'reportFile' | 'runFile'>;

/** The reports next to the saved run, by file name. */
const NEXT_TO_RUN = { 'report.html': renderHtml, 'junit.xml': renderJunit, 'audit.sarif': renderSarif } as const;

/**
 * Every report of a run, by file: the Markdown report at its own path, the others next to the saved run.
 * @param repository the target of the report's relative links
 */
export function renderAll(run: Run, { reportFile, runFile }: Files, repository = '.'): Record<string, string> {
  const others = Object.entries(NEXT_TO_RUN).map(([name, render]) => [path.join(path.dirname(runFile), name), render(run)] as const);
  return { [reportFile]: renderReport(run, rootFrom(path.dirname(reportFile), repository)), ...Object.fromEntries(others) };
}

/** Links must resolve from the report's folder (SC-005). From outside the repository they would reveal paths of this machine. */
function rootFrom(directory: string, repository: string): string {
  const depth = path.relative(repository, directory).split(path.sep).filter(Boolean);
  return depth[0] === '..' || path.isAbsolute(depth.join('/')) ? '' : '../'.repeat(depth.length);
}

/** Every file of a run. */
export function outputsOf({ reportFile, runFile }: Files): Output[] {
  const others = Object.keys(NEXT_TO_RUN).map((name) => path.join(path.dirname(runFile), name));
  return [...[runFile, ...others].map((file) => ({ setting: 'AUDIT_RUN', file })), { setting: 'AUDIT_REPORT', file: reportFile }];
}

/** The same files with their texts. */
export function withTexts(target: Files, texts: Readonly<Record<string, string>>): (Output & { text: string })[] {
  return outputsOf(target).flatMap(({ setting, file }) => {
    const text = texts[file];
    return text === undefined ? [] : [{ setting, file, text }];
  });
}

import type { Run } from './run.ts';
export function renderReport(run: Run): string { return `# Audit\n\n${run.verdict}\n`; }

import { createReport } from '../../rehearsal/process/progress.ts';

export const report = createReport('bench');

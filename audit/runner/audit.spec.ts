import { checksToRun } from '../checks/catalog.ts';
import { testCheck } from './fixtures.ts';

for (const id of checksToRun) testCheck(id);

import type { Area } from '../model/area.ts';
import type { GatherContext } from './context.ts';

/**
 * Something the audit gathers once per run, whichever checks use it. Its requests carry the tenants of its name, and its time
 * counts for its area. What `gather` resolves to is stored as JSON, so that a new worker process continues where the last one ended.
 */
export type Evidence<T> = {
  name: string;
  area: Area;
  gather: (context: GatherContext) => Promise<T>;
};

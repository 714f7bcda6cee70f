import { Router } from 'express';
import * as z from 'zod/v4';
import type { Context } from '../context.ts';
import { rejectOtherMethods } from '../middleware/problems.ts';

export const healthReport = z
  .strictObject({
    status: z.enum(['ok', 'unhealthy']),
    database: z.enum(['connected', 'disconnected']),
    environment: z.string(),
    timestamp: z.iso.datetime(),
    commit: z
      .string()
      .regex(/^[0-9a-f]{40}$/)
      .nullable()
      .meta({ description: 'Git commit of the release; null if it is unknown' }),
  })
  .meta({ id: 'Health' });

export const liveness = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Liveness' });

/** `/health` reports whether requests can be served and queries the database. `/livez` does not, so monitors cannot keep Neon awake. */
export function healthRoutes({ config, database, lifecycle }: Pick<Context, 'config' | 'database' | 'lifecycle'>): Router {
  const router = Router();
  router
    .route('/health')
    .get(async (_req, res) => {
      const state = await database.state();
      const ready = state === 'ready' && !lifecycle.draining;
      const report: z.infer<typeof healthReport> = {
        status: ready ? 'ok' : 'unhealthy',
        database: state === 'unreachable' ? 'disconnected' : 'connected',
        environment: config.environment,
        timestamp: new Date().toISOString(),
        commit: config.commit,
      };
      if (!ready) res.setHeader('Retry-After', '2');
      res.status(ready ? 200 : 503).json(report);
    })
    .all(rejectOtherMethods('GET'));
  router
    .route('/livez')
    .get((_req, res) => {
      const report: z.infer<typeof liveness> = { status: 'ok' };
      res.json(report);
    })
    .all(rejectOtherMethods('GET'));
  return router;
}

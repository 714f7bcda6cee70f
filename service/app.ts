import express, { type Express } from 'express';
import type { Context } from './context.ts';
import { identifyCaller, requireCaller } from './middleware/caller.ts';
import { warnAboutProxy } from './middleware/client-address.ts';
import { crossOrigin } from './middleware/cross-origin.ts';
import { drain } from './middleware/drain.ts';
import { jsonBody } from './middleware/json-body.ts';
import { rejectUnknownPath, sendProblem } from './middleware/problems.ts';
import { limitRate } from './middleware/rate-limit.ts';
import { requestLog } from './middleware/request-log.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { rejectMalformedTarget } from './middleware/well-formed-target.ts';
import { openApiDocument } from './openapi/document.ts';
import { docsOrigins, docsRoutes } from './routes/docs.ts';
import { healthRoutes } from './routes/health.ts';
import { tagRoutes } from './routes/tags.ts';
import { taskRoutes } from './routes/tasks.ts';

/** Middleware and routes, in the order in which requests pass through them. */
export function createApp(context: Context): Express {
  const { config, database, lifecycle, log, sharedLimit, verifyToken } = context;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', config.trustProxy);
  app.set('query parser', 'simple');

  app.use(requestLog(log));
  if (config.environment === 'production' && config.trustProxy === 0) app.use(warnAboutProxy(log));
  app.use(drain(lifecycle));
  app.use(securityHeaders());
  app.use(crossOrigin(config.corsOrigins, docsOrigins(config), config.corsRequestHeaders));
  app.use(healthRoutes(context));
  app.use(identifyCaller(verifyToken));
  app.use(limitRate(config.rateLimitPerMinute, sharedLimit));
  if (config.apiDocs) {
    app.get('/openapi.json', (_req, res) => void res.json(openApiDocument()));
    app.use(docsRoutes());
  }
  app.use(jsonBody());
  app.use('/api/v1', requireCaller);
  app.use(rejectMalformedTarget);
  app.use(taskRoutes(database));
  app.use(tagRoutes(database));
  app.use(rejectUnknownPath);
  app.use(sendProblem(log));
  return app;
}

import { defineRailway, preserve, project, service } from 'railway/iac';

/**
 * The API as Railway runs it: `railway config plan` shows what would change, `railway config apply` changes it. Needs the package
 * `railway`, which this repository does not install. https://docs.railway.com/infrastructure-as-code/reference
 *
 * An apply removes what is not named here: a variable that was set in the dashboard, another service, the connected repository
 * (add `source: github('owner/repository')`).
 */
export default defineRailway(() => {
  const api = service('api', {
    build: 'npm run build',
    preDeploy: 'npm run migrate',
    start: 'node dist/server.js',
    healthcheck: '/health',
    healthcheckTimeout: 120,
    // More only with REDIS_URL, through which replicas share the rate limit.
    replicas: 1,
    env: {
      NODE_ENV: 'production',
      TRUST_PROXY: '2',
      // From SIGTERM to SIGKILL: more than SHUTDOWN_GRACE_SECONDS.
      RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '30',
      // Set once in the dashboard, and kept.
      DATABASE_URL: preserve(),
      JWT_SECRET: preserve(),
      BETTER_AUTH_SECRET: preserve(),
      CORS_ORIGINS: preserve(),
    },
  });
  return project('tasks', { resources: [api] });
});

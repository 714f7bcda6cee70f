import contract from '../contract/environment.json' with { type: 'json' };
import { defineRailway, github, preserve, project, service } from 'railway/iac';

// An apply removes every variable that the file does not name. preserve() leaves a value as it is and creates none that is not set.
const preservedVariables = contract.variables.filter(({ name }) => name !== 'PORT').map(({ name }) => [name, preserve()] as const);

/** This file owns only the services it declares. Without a name it would own the project, and an apply would delete the others, such as a Redis. */
export const partial = 'tasks-api';

/**
 * The API as Railway runs it. `railway config plan` shows what would change, `railway config apply` changes it; DEPLOYMENT.md has the
 * commands. https://docs.railway.com/infrastructure-as-code/reference
 */
export default defineRailway(() => {
  const api = service('api', {
    source: github(readSource(process.env['RAILWAY_SOURCE'])),
    build: 'npm run build',
    preDeploy: 'npm run migrate',
    start: 'node dist/server.js',
    healthcheck: '/health',
    healthcheckTimeout: 120,
    // More than one replica needs REDIS_URL, through which replicas share the rate limit.
    replicas: 1,
    // Railway's defaults. An apply would unset what the file leaves out.
    deploy: { restartPolicyType: 'ON_FAILURE', restartPolicyMaxRetries: 10 },
    env: {
      ...Object.fromEntries(preservedVariables),
      NODE_ENV: 'production',
      TRUST_PROXY: '2',
      // From SIGTERM to SIGKILL: more than SHUTDOWN_GRACE_SECONDS.
      RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '30',
      // Railpack's default is npm install.
      RAILPACK_NODE_NPM_INSTALL: 'npm ci',
      RAILPACK_PRUNE_DEPS: '1',
    },
  });
  return project('tasks', { resources: [api] });
});

/** @throws when the repository is missing or malformed: a plan without a source would disconnect the service from GitHub. */
function readSource(source: string | undefined): string {
  if (source !== undefined && /^[\w-]{1,39}\/(?!\.{1,2}$)[\w.-]{1,100}$/.test(source)) return source;
  const problem = source === undefined || source === '' ? 'is missing' : 'is not a GitHub repository (owner/name)';
  throw new Error(
    `RAILWAY_SOURCE ${problem}. Set it to the GitHub repository that Railway deploys, for example: RAILWAY_SOURCE=acme/tasks railway config plan`,
  );
}

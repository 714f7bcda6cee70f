import { chromium, type Browser } from '@playwright/test';
import { findBrowser } from '../../../../audit/gather/browser/find-browser.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../../../../service/test/databases.ts';
import { eventually } from '../../../../service/test/eventually.ts';
import { SERVER, startProcess, type ServiceProcess } from '../../../../service/test/processes.ts';
import { createSecret } from '../../../process/credentials.ts';
import { findFreePort } from '../../../process/free-port.ts';
import { startProxy, type Proxy } from '../../tcp-proxy.ts';
import { startApp, type App } from '../app.ts';

const AUDIENCE = 'tasks-api';
const START_MS = 30_000;

/** The app, a browser, and the real service on another site, which the app reaches through a proxy. */
export type Environment = {
  readonly browser: Browser;
  readonly app: App;
  readonly apiUrl: string;
  /** Between browser and service. */
  readonly network: Proxy;
  /** Of the sign-in. */
  readonly signInDatabase: TestDatabase;
  /** Replaces the service by a new process, which has no requests in its rate limit. */
  restartService(): Promise<void>;
  close(): Promise<void>;
};

/** @param tokenLifetime of the tokens for the API, by default Better Auth's */
export async function startEnvironment(tokenLifetime?: string): Promise<Environment> {
  await using scope = new AsyncDisposableStack();
  const [signInDatabase, database, appPort, servicePort] = await Promise.all([
    createEmptyDatabase(),
    createTestDatabase(),
    findFreePort(),
    findFreePort(),
  ]);
  const network = await startProxy(servicePort);
  scope.defer(() => network.close());
  // For a browser, 127.0.0.1 and localhost are different sites, as vercel.app and railway.app are.
  const apiUrl = `http://127.0.0.1:${network.port}`;
  const origin = `http://localhost:${appPort}`;
  const app = await startApp({
    origin,
    apiUrl,
    audience: AUDIENCE,
    secret: createSecret(),
    databaseUrl: signInDatabase.url,
    port: appPort,
    ...(tokenLifetime !== undefined && { tokenLifetime }),
  });
  scope.defer(() => app.close());

  const settings = { NODE_ENV: 'test', PORT: String(servicePort), DATABASE_URL: database.url, CORS_ORIGINS: origin };
  const issuer = { AUTH_JWKS_URL: app.jwksUrl, AUTH_ISSUER: origin, AUTH_AUDIENCE: AUDIENCE };
  let service = await startListening({ ...settings, ...issuer });
  scope.defer(() => end(service));
  const browser = await launchBrowser();
  scope.defer(() => browser.close());

  const started = scope.move();
  return {
    browser,
    app,
    apiUrl,
    network,
    signInDatabase,
    restartService: async () => {
      await end(service);
      service = await startListening({ ...settings, ...issuer });
    },
    close: () => started.disposeAsync(),
  };
}

/** @param args further arguments of Chromium */
export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: findBrowser(process.env['AUDIT_BROWSER'], () => undefined),
    args: ['--no-proxy-server', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...args],
  });
}

async function startListening(environment: Record<string, string>): Promise<ServiceProcess> {
  const service = startProcess(SERVER, environment);
  await eventually('the service listens', () => service.output().includes('"listening"'), START_MS);
  return service;
}

async function end(service: ServiceProcess): Promise<void> {
  service.child.kill();
  await service.ended;
}

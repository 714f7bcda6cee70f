import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TestContext } from 'node:test';
import { createApp } from '../app.ts';
import type { Config } from '../config.ts';
import { type Context, createContext } from '../context.ts';
import { createTestDatabase } from './databases.ts';
import { betterAuthSecret, jwtSecret } from './tokens.ts';

/** An origin on the allowlist of every test app. */
export const ORIGIN = 'https://tasks-app.test';

export type RunningApp = { url: string; context: Context; close(): Promise<void> };

/**
 * Starts the app on a free port of 127.0.0.1, without logs and with a rate limit that no test reaches.
 * @param settings replace the defaults. Without `databaseUrl` the app gets a new database
 * @param context closes the app at the end of this test. Without it the caller closes the app
 */
export async function startApp(settings: Partial<Config> = {}, context?: TestContext): Promise<RunningApp> {
  const appContext = createContext({
    environment: 'test',
    port: 0,
    databaseUrl: settings.databaseUrl ?? (await createTestDatabase()).url,
    databasePoolMax: 10,
    jwtSecret,
    betterAuthSecret,
    corsOrigins: [ORIGIN],
    corsRequestHeaders: [],
    trustProxy: 0,
    rateLimitPerMinute: 100_000,
    shutdownGraceSeconds: 20,
    apiDocs: true,
    logLevel: 'silent',
    commit: null,
    ...settings,
  });
  const server = createServer(createApp(appContext)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The app listens on no port');
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await appContext.close();
  };
  context?.after(close);
  return { url: `http://127.0.0.1:${address.port}`, context: appContext, close };
}

import type { RequestListener } from 'node:http';
import { betterAuth } from 'better-auth';
import { symmetricDecrypt } from 'better-auth/crypto';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import type { JWK } from 'jose';
import { Pool } from 'pg';
import { report } from '../../process/progress.ts';

export const SIGN_IN_PATH = '/api/auth';

export type SignInOptions = {
  /** The app's public origin: `iss` of the tokens, and the only origin whose pages may sign in. */
  readonly origin: string;
  /** `aud` of the tokens: the API's identifier. */
  readonly audience: string;
  /** Signs the session cookies and encrypts the private signing keys. */
  readonly secret: string;
  readonly databaseUrl: string;
  /** How long a token for the API is valid, such as `15m`, Better Auth's default. */
  readonly tokenLifetime?: string;
};

/** Better Auth with email and password, and its `jwt()` plugin. */
export type SignIn = {
  readonly handle: RequestListener;
  /** The private key that signs the tokens, for the audit of a stage. A deployment never exposes it. */
  issuerKeyJwk(): Promise<JWK>;
  /** Withdraws the signing key, and signs with a new one. */
  replaceIssuerKey(): Promise<void>;
  close(): Promise<void>;
};

/** Creates the missing tables of the sign-in. @throws when the database cannot be reached */
export async function startSignIn(options: SignInOptions): Promise<SignIn> {
  // Sign-ups of many users at once wait for each other.
  const pool = new Pool({ connectionString: options.databaseUrl, max: 10, connectionTimeoutMillis: 30_000 });
  // A rehearsal stops the database: an idle connection that is cut must not end the process.
  pool.on('error', () => undefined);
  try {
    const auth = createAuth(options, pool);
    await (await getMigrations(auth.options)).runMigrations();
    // Creates the signing key. When the first requests are parallel, each of them would create one.
    await auth.api.getJwks();
    return {
      handle: toNodeHandler(auth),
      issuerKeyJwk: () => readSigningKey(pool, options.secret),
      async replaceIssuerKey() {
        await pool.query('DELETE FROM "jwks"');
        await auth.api.getJwks();
      },
      close: () => pool.end(),
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

function createAuth({ origin, audience, secret, tokenLifetime }: SignInOptions, pool: Pool) {
  // Without definePayload a token contains the whole user, including the email address.
  const token = { issuer: origin, audience, definePayload: () => ({}), ...(tokenLifetime !== undefined && { expirationTime: tokenLifetime }) };
  return betterAuth({
    baseURL: origin,
    basePath: SIGN_IN_PATH,
    secret,
    database: pool,
    emailAndPassword: { enabled: true },
    plugins: [jwt({ jwt: token })],
    rateLimit: {
      enabled: true,
      // A script may create about 100 users for an audit, and an office shares one address. Better Auth counts the requests of an address
      // until it has sent none for `window` seconds. Its defaults are 3 sign-ups and 100 tokens.
      customRules: { '/sign-up/email': { window: 10, max: 200 }, '/token': { window: 10, max: 2_000 } },
    },
    // As on Vercel, whose edge sets this header and overwrites the client's own.
    advanced: { ipAddress: { ipAddressHeaders: ['x-real-ip'] } },
    telemetry: { enabled: false },
    logger: { level: 'error', log: (_level, message) => report(`sign-in: ${message}`) },
  });
}

/** The newest key signs. */
async function readSigningKey(pool: Pool, secret: string): Promise<JWK> {
  const { rows } = await pool.query<{ id: string; alg: string; privateKey: string }>(
    'SELECT "id", "alg", "privateKey" FROM "jwks" ORDER BY "createdAt" DESC LIMIT 1',
  );
  const [newest] = rows;
  if (newest === undefined) throw new Error('The sign-in has no signing key yet');
  const key = await symmetricDecrypt({ key: secret, data: JSON.parse(newest.privateKey) as string });
  return { ...(JSON.parse(key) as JWK), kid: newest.id, alg: newest.alg };
}

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type Fault, mutate } from '../case.ts';
import { EXAMPLE_KEY, SETTLED_EXAMPLE } from '../settled-example.ts';
import { tokenOf } from '../token-of.ts';

// This file must not contain a secret or a fallback for one, so whatever looks like either is concatenated.
const [OR, IS, DEFAULTS] = ['??', '=', 'defaults'];
const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey;
/** The format of openssl ecparam. */
const ec = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
}).privateKey;
const createKey = (): string => randomBytes(48).toString('base64url');
const neonUrl = `postgresql://neondb_owner:${randomBytes(9).toString('hex')}@ep-calm-lake-a2b3c4d5-pooler.eu-central-1.aws.neon.tech/neondb?sslmode=require`;

/** The encoding of files that Windows PowerShell writes. */
const inUtf16 = (text: string): string => Buffer.from(text, 'utf16le').toString('latin1');

const PROCFILE_LINE = 'web: node dist/server.js';
const POOL = 'service/db/pool.ts';
const INVENTORY = 'contract/environment.json';

const startAndSettings: readonly Fault[] = [
  {
    id: 'procfile-npm-start',
    what: 'the Procfile starts npm, which does not forward signals to the server',
    caughtBy: ['procfile-entry'],
    repository: { mutations: [mutate('Procfile', PROCFILE_LINE, 'web: npm start')] },
  },
  {
    id: 'procfile-tsx',
    variant: true,
    what: 'the Procfile starts the sources through tsx',
    caughtBy: ['procfile-entry'],
    repository: { mutations: [mutate('Procfile', PROCFILE_LINE, 'web: npx tsx service/server.ts')] },
  },
  {
    id: 'procfile-migrates',
    variant: true,
    what: 'the Procfile migrates before it starts the server, so a shell remains the parent process',
    caughtBy: ['procfile-entry'],
    repository: { mutations: [mutate('Procfile', PROCFILE_LINE, 'web: npm run migrate && node dist/server.js')] },
  },
  {
    id: 'port-with-default',
    what: 'PORT has a default in production',
    caughtBy: ['port-binding'],
    repository: { mutations: [mutate(INVENTORY, '"test": 8080', '"test": 8080,\n        "production": 8080')] },
  },
  {
    id: 'fallback-in-code',
    what: 'without JWT_SECRET, the code uses a literal',
    caughtBy: ['settings-without-fallback'],
    repository: {
      mutations: [
        mutate('service/config.ts', 'jwtSecret: parsed.JWT_SECRET,', `jwtSecret: parsed.JWT_SECRET ${OR} 'development-only-secret-of-32-bytes',`),
      ],
    },
  },
  {
    id: 'fallback-in-schema',
    variant: true,
    what: 'the settings schema gives JWT_SECRET a default',
    caughtBy: ['settings-without-fallback'],
    repository: {
      mutations: [
        mutate(
          'service/config.ts',
          'JWT_SECRET: {\n    schema: secret.optional(),',
          `JWT_SECRET: {\n    schema: secret.optional(),\n    ${DEFAULTS}: { _: 'development-only-secret-of-32-bytes' },`,
        ),
      ],
    },
  },
  {
    id: 'fallback-in-pattern',
    variant: true,
    what: 'a script for developers reads JWT_SECRET from the environment, with a literal as fallback',
    caughtBy: ['settings-without-fallback'],
    repository: {
      commits: () => [
        { 'service/mint.ts': `const { JWT_SECRET ${IS} 'development-only-secret-of-32-bytes' } = process.env;\nconsole.log(JWT_SECRET);\n` },
      ],
    },
  },
  {
    id: 'fallback-in-inventory',
    variant: true,
    what: 'the settings inventory has a default for JWT_SECRET in development',
    caughtBy: ['settings-without-fallback'],
    repository: {
      mutations: [
        mutate(
          INVENTORY,
          'by the audit; 32 bytes or more. Generate one with: openssl rand -base64 48. Optional where AUTH_JWKS_URL and AUTH_ISSUER verify the tokens of the app\'s sign-in.",\n      "default": {}',
          'by the audit; 32 bytes or more. Generate one with: openssl rand -base64 48. Optional where AUTH_JWKS_URL and AUTH_ISSUER verify the tokens of the app\'s sign-in.",\n      "default": { "development": "development-only" }',
        ),
      ],
    },
  },
  {
    id: 'pool-larger-than-decided',
    what: 'the pool allows 50 connections, but the decision is 10',
    caughtBy: ['pool-settings'],
    repository: { mutations: [mutate(POOL, 'max: settings.databasePoolMax,', 'max: 50,')] },
  },
  {
    id: 'pool-larger-by-default',
    variant: true,
    what: 'the default of DATABASE_POOL_MAX is 50, but the decision is 10',
    caughtBy: ['pool-settings'],
    repository: { mutations: [mutate(INVENTORY, '"test": 10,\n        "production": 10\n', '"test": 10,\n        "production": 50\n')] },
  },
  {
    id: 'pool-idle-longer-than-decided',
    variant: true,
    what: 'idle connections live as long as Neon needs to suspend, but the decision is 30 seconds',
    caughtBy: ['pool-settings'],
    repository: { mutations: [mutate(POOL, 'idleTimeoutMillis: 30_000', 'idleTimeoutMillis: 300_000')] },
  },
  {
    id: 'pool-waits-without-limit',
    variant: true,
    what: 'nothing limits how long a request waits for a connection',
    caughtBy: ['pool-settings'],
    repository: { mutations: [mutate(POOL, '    connectionTimeoutMillis: 10_000,\n', '')] },
  },
  {
    id: 'pool-keepalive-late',
    variant: true,
    what: 'TCP keep-alive starts after ten minutes, but the decision is 10 seconds',
    caughtBy: ['pool-settings'],
    repository: { mutations: [mutate(POOL, 'keepAliveInitialDelayMillis: 10_000', 'keepAliveInitialDelayMillis: 600_000')] },
  },
];

const dependenciesAndDecisions: readonly Fault[] = [
  {
    id: 'lockfile-behind',
    what: 'a dependency was raised in package.json only',
    caughtBy: ['dependencies'],
    repository: { mutations: [mutate('package.json', '"express": "^5.3.0"', '"express": "^5.4.0"')] },
  },
  {
    id: 'lockfile-half-merged',
    variant: true,
    what: 'after a merge the lockfile has the new range of express, but installs the old version',
    caughtBy: ['dependencies'],
    repository: {
      mutations: [
        mutate('package-lock.json', '"node_modules/express": {\n      "version": "5.3.0"', '"node_modules/express": {\n      "version": "4.21.2"'),
      ],
    },
  },
  {
    id: 'lockfile-missing',
    variant: true,
    what: 'there is no lockfile',
    caughtBy: ['dependencies'],
    repository: { commits: () => [{ 'package-lock.json': undefined }] },
  },
  {
    id: 'node-out-of-support',
    variant: true,
    what: 'engines allows Node 20, which no longer gets security fixes',
    caughtBy: ['dependencies'],
    repository: { mutations: [mutate('package.json', '"node": ">=26"', '"node": ">=20"')] },
  },
  {
    id: 'node-long-out-of-support',
    variant: true,
    what: 'engines allows Node 18, which has not had security fixes for even longer',
    caughtBy: ['dependencies'],
    repository: { mutations: [mutate('package.json', '"node": ">=26"', '"node": ">=18"')] },
  },
  {
    id: 'decision-superseded',
    variant: true,
    what: 'a decision was superseded, and its checks still refer to it',
    caughtBy: ['decision-links'],
    repository: { mutations: [mutate('adr/0023-leave-nothing-behind.md', 'Status: accepted', 'Status: superseded by 0027')] },
  },
  {
    id: 'decision-missing',
    variant: true,
    what: 'a decision record was deleted',
    caughtBy: ['decision-links'],
    repository: { commits: () => [{ 'adr/0023-leave-nothing-behind.md': undefined }] },
  },
  {
    id: 'decision-confirmed-by-nothing',
    what: 'a decision record names a check that no longer exists',
    caughtBy: ['decision-links'],
    repository: { mutations: [mutate('adr/0015-bundle-the-server-and-pin-node.md', '- `dependencies`:', '- `lockfile`:')] },
  },
];

const secrets: readonly Fault[] = [
  {
    id: 'key-in-tree',
    what: 'a private key was committed',
    caughtBy: ['secrets-in-tree', 'secrets-in-history'],
    repository: { commits: () => [{ 'deploy/server.key': rsa }] },
  },
  {
    id: 'ec-key-in-tree',
    variant: true,
    what: 'an elliptic curve private key was committed, in the format of openssl ecparam',
    caughtBy: ['secrets-in-tree', 'secrets-in-history'],
    repository: { commits: () => [{ 'deploy/server.key': ec }] },
  },
  {
    id: 'key-in-file-with-umlaut',
    variant: true,
    what: 'a private key was committed in a file with a non-ASCII name',
    caughtBy: ['secrets-in-tree', 'secrets-in-history'],
    repository: { commits: () => [{ 'deploy/schlüssel.pem': rsa }] },
  },
  {
    id: 'key-in-history-alone',
    what: 'a private key was committed and deleted in the next commit',
    caughtBy: ['secrets-in-history'],
    repository: { commits: () => [{ 'deploy/server.key': rsa }, { 'deploy/server.key': undefined }] },
  },
  {
    id: 'env-committed',
    variant: true,
    what: '.env is not ignored and was committed',
    caughtBy: ['secrets-in-tree'],
    repository: { mutations: [mutate('.gitignore', '.env\n.env.*\n', '')], commits: () => [{ '.env': `JWT_SECRET=${createKey()}\n` }] },
  },
  {
    id: 'env-committed-once',
    variant: true,
    what: '.env was committed and deleted in the next commit',
    caughtBy: ['secrets-in-tree'],
    repository: {
      mutations: [mutate('.gitignore', '.env\n.env.*\n', '')],
      commits: () => [
        { '.env': `JWT_SECRET=${createKey()}\n` },
        { '.env': undefined, '.gitignore': 'node_modules/\ndist/\n.audit/\n.dev/\n.env\n.env.*\n' },
      ],
    },
  },
  {
    id: 'env-like-another-file',
    variant: true,
    what: '.env was committed with the content of another file, and deleted in the next commit',
    caughtBy: ['secrets-in-tree'],
    repository: {
      mutations: [mutate('.gitignore', '.env\n.env.*\n', '')],
      commits: () => [
        { '.env': 'MODE=test\n', 'docs/a-settings.txt': 'MODE=test\n' },
        { '.env': undefined, '.gitignore': 'node_modules/\ndist/\n.audit/\n.dev/\n.env\n.env.*\n' },
      ],
    },
  },
  {
    id: 'key-behind-a-comment',
    variant: true,
    what: 'a comment in the file exempts a private key from the scanner',
    caughtBy: ['secrets-in-tree', 'secrets-in-history'],
    repository: { commits: () => [{ 'deploy/server.key': `# ${['secretlint', 'disable'].join('-')}\n${rsa}` }] },
  },
  {
    id: 'key-beside-a-settled-one',
    variant: true,
    what: 'a private key was added to a file with an example key that is settled',
    caughtBy: ['secrets-in-tree', 'secrets-in-history'],
    repository: {
      commits: () => [
        { 'docs/example.pem': EXAMPLE_KEY, 'audit.config.json': JSON.stringify({ settledSecrets: [SETTLED_EXAMPLE] }) },
        { 'docs/example.pem': `${EXAMPLE_KEY}${rsa}` },
      ],
    },
  },
  {
    id: 'env-by-another-name',
    variant: true,
    what: 'the production settings were committed as production.env',
    caughtBy: ['secrets-in-tree'],
    repository: { commits: () => [{ 'deploy/production.env': `JWT_SECRET=${createKey()}\n` }] },
  },
  {
    id: 'example-with-real-values',
    variant: true,
    what: '.env.example contains a real database URL with its password',
    caughtBy: ['secrets-in-tree'],
    repository: {
      mutations: [
        mutate(
          '.env.example',
          '\nDATABASE_URL=postgresql://user:password@endpoint-pooler.region.aws.neon.tech/database?sslmode=require',
          `\nDATABASE_URL=${neonUrl}`,
        ),
      ],
    },
  },
  {
    id: 'deployed-key-in-tree',
    variant: true,
    what: "a Docker Compose file contains the deployment's key",
    caughtBy: ['secrets-by-value'],
    repository: { commits: ({ JWT_SECRET }) => [{ 'compose.yaml': `services:\n  api:\n    environment:\n      JWT_SECRET: ${JWT_SECRET}\n` }] },
  },
  {
    id: 'deployed-key-in-history-alone',
    what: "a note contained the deployment's key and was deleted in the next commit",
    caughtBy: ['secrets-by-value'],
    repository: {
      commits: ({ JWT_SECRET }) => [{ 'docs/handover.md': `The key in production is ${JWT_SECRET}.\n` }, { 'docs/handover.md': undefined }],
    },
  },
  {
    id: 'deployed-key-in-base64',
    variant: true,
    what: "a Kubernetes manifest contains the deployment's key in base64",
    caughtBy: ['secrets-by-value'],
    repository: {
      commits: ({ BETTER_AUTH_SECRET = '' }) => [
        {
          'deploy/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: tasks\ndata:\n  better-auth-secret: ${Buffer.from(BETTER_AUTH_SECRET).toString('base64')}\n`,
        },
      ],
    },
  },
  {
    id: 'deployed-password-alone',
    variant: true,
    what: 'a script contains the database password without the rest of the URL',
    caughtBy: ['secrets-by-value'],
    repository: { commits: ({ DATABASE_URL = '' }) => [{ 'deploy/psql.sh': `PGPASSWORD='${new URL(DATABASE_URL).password}' psql "$@"\n` }] },
  },
  {
    id: 'deployed-key-in-utf-16',
    variant: true,
    what: "a UTF-16 file written by PowerShell contains the deployment's key",
    caughtBy: ['secrets-by-value'],
    repository: { commits: ({ BETTER_AUTH_SECRET }) => [{ 'deploy/variables.txt': inUtf16(`BETTER_AUTH_SECRET=${BETTER_AUTH_SECRET}\r\n`) }] },
  },
  {
    id: 'token-in-tree',
    variant: true,
    what: 'a request collection contains a token that is valid for years',
    caughtBy: ['secrets-by-value'],
    repository: { commits: ({ JWT_SECRET = '' }) => [{ 'docs/requests.http': `GET /api/v1/tasks\nAuthorization: Bearer ${tokenOf(JWT_SECRET)}\n` }] },
  },
  {
    id: 'settings-in-health',
    what: 'health returns all settings, to show what is deployed',
    caughtBy: ['secrets-in-answers'],
    deployment: {
      source: [
        mutate(
          'service/routes/health.ts',
          "json(report);\n    })\n    .all(rejectOtherMethods('GET'));\n  router",
          "json({ ...report, config });\n    })\n    .all(rejectOtherMethods('GET'));\n  router",
        ),
      ],
    },
  },
  {
    id: 'database-url-in-outage',
    variant: true,
    what: 'during a database outage health returns the database URL with its password',
    caughtBy: ['secrets-in-answers'],
    deployment: {
      source: [
        mutate(
          'service/routes/health.ts',
          'environment: config.environment,',
          "environment: config.environment, ...(state === 'unreachable' && { error: `no connection to ${config.databaseUrl}` }),",
        ),
      ],
    },
  },
];

export const repository: readonly Fault[] = [...startAndSettings, ...dependenciesAndDecisions, ...secrets];

import type { AttackClass } from '../check.ts';

/** Paths of one class: at the root of the target, and below the path that precedes its collections. */
export type ExposedPaths = AttackClass & { root: readonly string[]; below: readonly string[] };

/**
 * What deployments leave open, by the names that the public lists of scanners have: nuclei (exposures, misconfiguration), the OWASP Web
 * Security Testing Guide and the documentation of each tool. Only GET requests without effect.
 */
export const EXPOSED_PATHS: readonly ExposedPaths[] = [
  {
    name: 'environment and configuration files',
    source: 'nuclei-exposures',
    root: [
      '/.env',
      '/.env.production',
      '/.env.local',
      '/.env.bak',
      '/config.json',
      '/appsettings.json',
      '/docker-compose.yml',
      '/Dockerfile',
      '/Procfile',
      '/.aws/credentials',
    ],
    below: ['/.env', '/config'],
  },
  {
    name: 'source control metadata',
    source: 'asvs-13.4.1',
    root: ['/.git/HEAD', '/.git/config', '/.git/index', '/.svn/entries', '/.gitlab-ci.yml', '/.github/workflows/ci.yml'],
    below: ['/.git/HEAD'],
  },
  {
    name: 'backups and dumps',
    source: 'wstg-backup-files',
    root: ['/backup.sql', '/dump.sql', '/backup.zip', '/db.sqlite3', '/server.js.bak'],
    below: ['/backup'],
  },
  {
    name: 'build output and source maps',
    source: 'nuclei-exposures',
    root: ['/server.js', '/dist/server.js', '/server.js.map', '/dist/server.js.map', '/src/index.ts', '/tsconfig.json'],
    below: [],
  },
  {
    name: 'files of package managers',
    source: 'nuclei-exposures',
    root: ['/package.json', '/package-lock.json', '/pnpm-lock.yaml', '/.npmrc', '/node_modules/express/package.json'],
    below: [],
  },
  {
    name: 'consoles and debug pages of processes and platforms',
    source: 'wstg-admin-interfaces',
    root: ['/debug', '/debug/env', '/debug/vars', '/env', '/admin', '/console', '/_debug', '/server-status', '/phpinfo.php'],
    below: ['/debug', '/admin', '/internal'],
  },
  {
    name: 'metrics, status and profiles',
    source: 'asvs-13.4.5',
    root: [
      '/metrics',
      '/status',
      '/debug/pprof',
      '/debug/pprof/',
      '/actuator',
      '/actuator/env',
      '/actuator/heapdump',
      '/_profiler',
      '/heapdump',
      '/version',
    ],
    below: ['/metrics', '/status', '/version'],
  },
  {
    name: 'dashboards of job queues',
    source: 'nuclei-misconfiguration',
    root: ['/admin/queues', '/queues', '/bull-board', '/sidekiq'],
    below: ['/queues'],
  },
  {
    name: 'database consoles and studios',
    source: 'nuclei-misconfiguration',
    root: ['/phpmyadmin', '/phpmyadmin/', '/adminer', '/adminer.php', '/studio', '/drizzle'],
    below: ['/studio'],
  },
  {
    name: 'internals of hosting platforms',
    source: 'nuclei-misconfiguration',
    root: [
      '/_next/static/development/_devPagesManifest.json',
      '/_next/build-manifest.json',
      '/.next/BUILD_ID',
      '/.vercel/project.json',
      '/vercel.json',
      '/railway.json',
      '/_logs',
    ],
    below: [],
  },
  {
    name: 'well-known files that name internals',
    source: 'wstg-metafiles',
    root: ['/.DS_Store', '/.vscode/settings.json', '/CLAUDE.md'],
    below: ['/routes'],
  },
  {
    name: 'introspection of GraphQL',
    source: 'nuclei-misconfiguration',
    root: ['/graphql?query=%7B__schema%7Btypes%7Bname%7D%7D%7D', '/query?query=%7B__typename%7D'],
    below: ['/graphql?query=%7B__schema%7Btypes%7Bname%7D%7D%7D'],
  },
];

/** A test of this repository: the file, and words of its title. */
export type ProvingTest = { file: string; title: string };

export type Requirement = {
  /** The specification's own words, as is `here`. */
  demand: string;
  /** What it means in this project; empty where the specification adds nothing. */
  here: string;
  /** Properties that health must have for its checks to prove this requirement. */
  health?: readonly string[];
  /** The part that only a check with an outage control shows; empty where that is the whole requirement. */
  onStage?: string;
  /** The part that no audit can observe, and the tests that show it; empty where that is the whole requirement. */
  tested?: { part: string; tests: readonly [ProvingTest, ...ProvingTest[]] };
};

/**
 * Every requirement of the user's specification and plan, in its order. The ids and words are the user's, and must not be changed here. A check
 * names the requirements that it proves in its own entry of the catalog.
 */
export const requirements = {
  'FR-001': {
    demand: "Dynamic port binding from the platform's `PORT` variable",
    here: 'all addresses at `$PORT`: `::` dual-stack, `0.0.0.0` where the host has no IPv6; no default in production',
    tested: { part: 'that it listens on every address', tests: [{ file: 'service/server.test.ts', title: 'listens on' }] },
  },
  'FR-002': {
    demand: "A `Procfile` at the repository root for Railway's process management",
    here: '`web: node dist/server.js`',
  },
  'FR-003': {
    demand: 'Connection pooling tuned for Neon (size and overflow)',
    here: "Kysely/pg pool: max 10, no overflow, idle recycling below Neon's suspend, lifetime",
    tested: {
      part: 'that the pool never opens more connections than its maximum',
      tests: [{ file: 'service/db/pool.test.ts', title: 'no more connections' }],
    },
  },
  'FR-004': {
    demand: 'CORS strictly enforced with a whitelist of Vercel production domains',
    here: 'exact allowlist, 403 before any handler',
  },
  'FR-005': {
    demand: '`/health` performs a real database connectivity test',
    here: 'deep health check',
    onStage: 'that health follows the database when it is stopped',
  },
  'FR-006': {
    demand: 'Interactive API documentation is disabled in production unless specifically authorized',
    here: '`API_DOCS`',
  },
  'FR-007': {
    demand: 'The verification suite can run against a live external URL',
    here: '`npx playwright test --project=prod`',
    tested: { part: 'that any external URL is accepted', tests: [{ file: 'audit/settings/target.test.ts', title: 'three are enough' }] },
  },
  'SC-001': {
    demand: 'The application responds successfully to a health check at the live URL within 5 minutes of deployment',
    here: "measured: seconds from the deployment's creation to the first healthy response of the deployed commit",
  },
  'SC-002': {
    demand: '100 % of production-only secrets are absent from the codebase and present only in environment variables',
    here: 'tree, full history, exact values, responses',
  },
  'SC-003': {
    demand: 'Unauthorized cross-origin requests from domains that are not whitelisted are rejected at a rate of 100 % on the live URL',
    here: 'report "N of N rejected"',
  },
  'SC-004': {
    demand: 'The verification suite completes against the production URL in under 60 seconds',
    here: 'the row states the wall-clock seconds of the whole command and each wait or first history scan inside it; it passes only if the total without the wait for the deployment is below 60 s, otherwise it reads "not met in this run: N s, of which rate limit M s, first history scan K s"',
  },
  'SC-005': {
    demand: 'The final audit report contains linkable ADRs for every infrastructure decision',
    here: 'links resolve, both directions',
  },
  'US1.1': {
    demand: 'On Railway the application binds the dynamic `PORT` and interprets the environment as `production`',
    here: 'health reports `production`',
    health: ['environment'],
  },
  'US1.2': {
    demand: 'With Neon the backend connects with an optimized pool',
    here: 'pooled URL, TLS verified; `postgresql+asyncpg://` is refused with the URL to use instead',
    tested: {
      part: 'that the pooled URL works, TLS is verified and `postgresql+asyncpg://` is rejected',
      tests: [
        { file: 'service/db/pooler.test.ts', title: 'each see their own, and everything works' },
        { file: 'service/db/tls.test.ts', title: 'when its certificate is for another host' },
        { file: 'service/config.test.ts', title: 'with a SQLAlchemy scheme' },
      ],
    },
  },
  'US1.3': {
    demand: 'Secrets are read exclusively from environment variables, with no hard-coded fallback',
    here: '',
  },
  'US2.1': {
    demand: '`/health` returns 200 only if the database connection is active and responsive',
    here: '503 otherwise',
    onStage: 'that it returns 503 without the database',
  },
  'US2.2': {
    demand: 'A request from a non-Vercel domain is denied by CORS; the authorized Vercel URL is allowed',
    here: 'in a real browser and over raw HTTP',
  },
  'US2.3': {
    demand: "Another user's valid token gets unauthorized or not-found on private tasks",
    here: '404, indistinguishable from a missing task',
  },
  'US3.1': {
    demand: 'Each significant decision has an ADR with rationale and trade-offs',
    here: '',
    tested: {
      part: 'that every record has its rationale, options and consequences',
      tests: [{ file: 'audit/checks/catalog.test.ts', title: 'keep their headings' }],
    },
  },
  'US3.2': {
    demand: 'A summary report lists all configured endpoints, environment variables and security measures',
    here: '',
    tested: {
      part: 'that the contract names every route and every variable',
      tests: [{ file: 'service/openapi/generate.test.ts', title: 'know the same operations' }],
    },
  },
  'EC-1': {
    demand: 'A temporary loss of the database: retry or graceful failure, no crash',
    here: '',
    onStage: '',
    tested: { part: '', tests: [{ file: 'service/db/dropout.test.ts', title: 'the process lives on' }] },
  },
  'EC-2': {
    demand: 'A missing critical secret (such as `BETTER_AUTH_SECRET`): immediate failure at startup with a clear message',
    here: 'whatever the chosen way to verify tokens needs is required, each missing variable named',
    tested: {
      part: '',
      tests: [
        { file: 'service/server.test.ts', title: 'with wrong settings exits with 1 before it listens' },
        { file: 'service/config.test.ts', title: 'all reported together, each by its name' },
      ],
    },
  },
  'EC-3': {
    demand: 'Unexpected port assignment, signals: standard behavior, proper signal handling',
    here: 'clear bind error, drain on SIGTERM',
    tested: {
      part: '',
      tests: [
        { file: 'service/server.test.ts', title: 'on a port that is taken exits with 1' },
        { file: 'service/server.test.ts', title: 'with nothing to do exits with 0' },
      ],
    },
  },
  'PLAN-100': {
    demand: 'Up to 100 concurrent connections',
    here: '',
  },
  'PLAN-health': {
    demand: 'Health contract: `status` ok/unhealthy, `database` connected/disconnected, `environment`, `timestamp` (date-time); 200 or 503',
    here: '',
    health: ['status', 'database', 'environment', 'timestamp'],
    onStage: 'that it returns 503, `unhealthy` and `disconnected` without the database',
  },
} as const satisfies Record<string, Requirement>;

export type RequirementId = keyof typeof requirements;
export const requirementIds = Object.keys(requirements) as RequirementId[];

export function requirementOf(id: RequirementId): Requirement {
  return requirements[id];
}

/** What else a check may show: no demand of the specification. */
export const furtherReferences = {
  ASVS: 'Transport, tokens, headers, errors and limits follow the OWASP Application Security Verification Standard 5.0',
  AUDIT: 'The audit deletes every object that it creates',
} as const;

/** What a check names as the thing it shows. */
export type Reference = RequirementId | keyof typeof furtherReferences;

export function textOf(reference: Reference): string {
  return reference in furtherReferences
    ? furtherReferences[reference as keyof typeof furtherReferences]
    : requirementOf(reference as RequirementId).demand;
}

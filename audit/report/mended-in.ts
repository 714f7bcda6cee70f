import type { CheckId } from '../checks/catalog.ts';

const CROSS_ORIGIN = 'service/middleware/cross-origin.ts';
const TOKENS = 'service/auth/verify-token.ts';
const HEALTH = 'service/routes/health.ts';
const HEADERS = 'service/middleware/security-headers.ts';
const LIMITS = 'service/middleware/rate-limit.ts';
const DOCS = 'service/routes/docs.ts';
const APP = 'service/app.ts';
const CONFIG = 'service/config.ts';

/** Where this repository would be mended. A check that is not here is about a platform, or about the decision itself. */
export const mendedIn: Readonly<Partial<Record<CheckId, string>>> = {
  'procfile-entry': 'Procfile',
  'port-binding': CONFIG,
  'settings-without-fallback': CONFIG,
  hsts: HEADERS,
  'health-shape': HEALTH,
  'health-agrees': HEALTH,
  'health-open': HEALTH,
  'health-truth': HEALTH,
  'browser-allowed-origin': CROSS_ORIGIN,
  'browser-readable-errors': CROSS_ORIGIN,
  'browser-foreign-origin': CROSS_ORIGIN,
  'browser-null-origin': CROSS_ORIGIN,
  'browser-look-alikes': CROSS_ORIGIN,
  'browser-refused-writes': CROSS_ORIGIN,
  'browser-firefox': CROSS_ORIGIN,
  'browser-webkit': CROSS_ORIGIN,
  'wire-preflight': CROSS_ORIGIN,
  'wire-refused-origins': CROSS_ORIGIN,
  'wire-refused-writes': CROSS_ORIGIN,
  'vary-origin': CROSS_ORIGIN,
  'cors-on-every-status': CROSS_ORIGIN,
  'token-missing': 'service/middleware/caller.ts',
  'token-malformed': TOKENS,
  'token-wrong-key': TOKENS,
  'token-algorithm': TOKENS,
  'token-tampered': TOKENS,
  'token-expired': TOKENS,
  'token-without-exp': TOKENS,
  'token-claims': TOKENS,
  'token-every-operation': APP,
  'isolation-by-id': 'service/tasks/queries.ts',
  'isolation-in-lists': 'service/tasks/queries.ts',
  'isolation-of-references': 'service/db/migrations.ts',
  'isolation-of-ownership': 'service/tasks/schema.ts',
  'isolation-anonymous': APP,
  'docs-absent': DOCS,
  'contract-absent': DOCS,
  'files-absent': APP,
  'errors-without-internals': 'service/middleware/problems.ts',
  'server-banner': APP,
  'security-headers': HEADERS,
  'private-answers': HEADERS,
  'limit-headers': LIMITS,
  'limit-forged-address': LIMITS,
  'limit-exhaustion': LIMITS,
  'artifacts-without-secrets': 'audit/gather/redactor.ts',
  'nothing-left-behind': 'audit/checks/self-check/gather-cleanup.ts',
};

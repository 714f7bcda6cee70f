import { configuration } from './configuration/checks.ts';
import { corsBrowser } from './cors-browser/checks.ts';
import { corsWire } from './cors-http/checks.ts';
import { headers } from './headers/checks.ts';
import { health } from './health/checks.ts';
import { honesty } from './self-check/checks.ts';
import { isolation } from './isolation/checks.ts';
import { leaks } from './exposure/checks.ts';
import { limits } from './limits/checks.ts';
import { preconditions } from './preconditions/checks.ts';
import type { Reference } from './requirements.ts';
import { secrets } from './secrets/checks.ts';
import { tokens } from './tokens/checks.ts';
import { transport } from './transport/checks.ts';
import type { SourceId } from './references.ts';

/** The words of the audit: one entry for each check, in the order of the report. Code, report, decision and test use the same id. */
export type Area =
  | 'preconditions'
  | 'configuration'
  | 'transport'
  | 'health'
  | 'cors-browser'
  | 'cors-wire'
  | 'tokens'
  | 'isolation'
  | 'leaks'
  | 'headers'
  | 'limits'
  | 'secrets'
  | 'honesty';
export type Severity = 'critical' | 'high' | 'medium' | 'low';

export type Check = {
  area: Area;
  severity: Severity;
  /** How the check reads when it holds, and when it does not. */
  title: string;
  failed: string;
  /** The demands of the specification that it proves, and what else it shows. */
  requirements: readonly [Reference, ...Reference[]];
  /** Only a stage has what it needs: production never runs it. */
  onStageOnly?: true;
  /** Number of the decision record it confirms. */
  adr: string;
  why: string;
  /** How to mend it here. */
  fix: string;
  /** What is sent or looked at, what must be seen for a pass, how any API would mend it, and what it rests on. */
  sends: string;
  proof: string;
  general: string;
  sources: readonly SourceId[];
  /** Its verdict depends on the clocks of audit and target: where they differ, its summary says so. */
  clock?: true;
};

/** Every check, in the order of the report. */
export const catalog = {
  ...preconditions,
  ...configuration,
  ...transport,
  ...health,
  ...corsBrowser,
  ...corsWire,
  ...tokens,
  ...isolation,
  ...leaks,
  ...headers,
  ...limits,
  ...secrets,
  ...honesty,
} as const satisfies Record<string, Check>;

export type CheckId = keyof typeof catalog;
export const checkIds = Object.keys(catalog) as CheckId[];

export function checkOf(id: CheckId): Check {
  return catalog[id];
}

/** What protects the service, in a maintainer's words, and the checks that show it at work. */
export const measures: readonly { measure: string; checks: readonly CheckId[] }[] = [
  {
    measure: 'Exact allowlist of origins, preflights included',
    checks: [
      'browser-allowed-origin',
      'wire-listed-origins',
      'browser-foreign-origin',
      'browser-null-origin',
      'browser-look-alikes',
      'wire-preflight',
      'vary-origin',
      'cors-on-every-status',
    ],
  },
  {
    measure: 'Refusal of unlisted origins before any handler',
    checks: ['wire-refused-origins', 'wire-refused-writes', 'method-override', 'browser-refused-writes'],
  },
  {
    measure: 'Bearer tokens: one key, one algorithm, an end',
    checks: [
      'token-missing',
      'token-malformed',
      'token-wrong-key',
      'token-algorithm',
      'token-tampered',
      'token-expired',
      'token-without-exp',
      'token-claims',
      'token-oversized',
      'token-every-operation',
      'key-strength',
    ],
  },
  {
    measure: "The owner's id in every query",
    checks: ['isolation-by-id', 'isolation-in-lists', 'isolation-of-references', 'isolation-of-ownership', 'isolation-anonymous'],
  },
  { measure: 'Rate limit by user or client address', checks: ['limit-headers', 'limit-forged-address', 'limit-exhaustion', 'concurrent-reads'] },
  {
    measure: 'Deep health, and recovery from a lost database',
    checks: ['health-shape', 'health-agrees', 'health-open', 'health-truth', 'pool-settings'],
  },
  { measure: 'Security headers and no caching, on every status', checks: ['security-headers', 'private-answers', 'hsts'] },
  { measure: 'TLS only', checks: ['certificate', 'tls-versions', 'tls-ciphers', 'plain-http'] },
  { measure: 'Errors as problem details, without internals', checks: ['errors-without-internals', 'answers-as-documented', 'server-banner'] },
  { measure: 'No docs, contract or files in production', checks: ['docs-absent', 'contract-absent', 'files-absent'] },
  {
    measure: 'Secrets in the environment alone',
    checks: ['settings-without-fallback', 'secrets-in-tree', 'secrets-in-history', 'secrets-by-value', 'secrets-in-answers'],
  },
];

/** What an audit of a deployed API could look at as well, and why this one does not. */
export const leftOut: readonly { what: string; why: string }[] = [
  {
    what: 'Images, scripts and frames of other origins',
    why: 'The headers that refuse them (CORP, nosniff, CSP, no framing) are checked on every answer.',
  },
  {
    what: 'A byte order mark, doubled keys or half a surrogate pair in a body',
    why: 'RFC 8259 leaves them to the parser; that they cause no server error is shown by the property tests of the service.',
  },
  {
    what: 'Updates of one object at the same time',
    why: 'Which of them wins is not visible from outside; the tests of the service show that none is mixed.',
  },
  { what: 'Markup that comes back', why: 'Every answer is checked to be JSON with nosniff.' },
  { what: 'Advisories for dependencies', why: 'They need the registry, which an audit may not reach; Dependabot watches them.' },
  { what: 'Timing attacks on tokens', why: 'They need thousands of requests, and the network hides what they measure.' },
  { what: 'Origins of third-party services', why: 'They are strangers like any other: every stranger gets 403.' },
];

import type { Evidence } from '../gather/context.ts';
import type { Area } from '../model/area.ts';
import { type Check, phases } from './check.ts';
import { configuration } from './configuration/checks.ts';
import { corsBrowser } from './cors-browser/checks.ts';
import { corsHttp } from './cors-http/checks.ts';
import { exposure } from './exposure/checks.ts';
import { headers } from './headers/checks.ts';
import { health } from './health/checks.ts';
import { isolation } from './isolation/checks.ts';
import { isolationBreadth } from './isolation/breadth-checks.ts';
import { limits } from './limits/checks.ts';
import { preconditions } from './preconditions/checks.ts';
import { secrets } from './secrets/checks.ts';
import { selfCheck } from './self-check/checks.ts';
import { tokens, tokensProof } from './tokens/checks.ts';
import { keySetTokens } from './tokens/key-set-checks.ts';
import { transport } from './transport/checks.ts';

/** Every check, in the order of the report. */
const catalog = {
  ...preconditions,
  ...configuration,
  ...transport,
  ...health,
  ...corsBrowser,
  ...corsHttp,
  ...tokens,
  ...keySetTokens,
  ...isolation,
  ...isolationBreadth,
  ...exposure,
  ...headers,
  ...limits,
  ...secrets,
  ...selfCheck,
} satisfies Record<string, Check>;

/** What every check of an area requires of a pass, unless its own `proof` states otherwise. */
export const areaProof: Partial<Record<Area, string>> = { tokens: tokensProof };

export type CheckId = keyof typeof catalog;
export const checkIds = Object.keys(catalog) as CheckId[];

export function checkOf(id: CheckId): Check {
  return catalog[id];
}

export function isCheckId(id: string): id is CheckId {
  return Object.hasOwn(catalog, id);
}

/** In the order in which the checks run: by phase, then as in the report. */
export const checksToRun: readonly CheckId[] = phases.flatMap((phase) => checkIds.filter((id) => checkOf(id).phase === phase));

/** Every piece of evidence, each once. */
export const allEvidence: readonly Evidence<unknown>[] = [
  ...new Set(checkIds.flatMap((id) => checkOf(id).evidence).flatMap((each) => (each.begins === undefined ? [each] : [each.begins, each]))),
];

/** Each security measure, with the checks that verify it. */
export const measures: readonly { measure: string; checks: readonly CheckId[] }[] = [
  ...Map.groupBy(
    checkIds.filter((id) => checkOf(id).measure !== undefined),
    (id) => checkOf(id).measure ?? '',
  ),
].map(([measure, checks]) => ({ measure, checks }));

/** What an audit of a deployed API could also check, and why this one does not. */
export const leftOut: readonly { what: string; why: string }[] = [
  {
    what: 'Images, scripts and frames of other origins',
    why: 'The headers that block them (CORP, nosniff, CSP, no framing) are checked on every response.',
  },
  {
    what: 'A byte order mark, duplicate keys or half a surrogate pair in a body',
    why: 'RFC 8259 leaves them to the parser. The property tests of the service show that they cause no server error.',
  },
  {
    what: 'Concurrent updates of one object',
    why: 'Which of them wins is not visible from outside. The tests of the service show that updates are not mixed.',
  },
  { what: 'Stored markup', why: 'Every response is checked to be JSON with nosniff.' },
  { what: 'Advisories for dependencies', why: 'They need the registry, which an audit may not reach; Dependabot watches them.' },
  { what: 'Timing attacks on tokens', why: 'They need thousands of requests, and network jitter hides the difference.' },
  { what: 'Origins of third-party services', why: 'They are treated like any other unlisted origin: each gets 403.' },
];

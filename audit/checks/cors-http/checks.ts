import { type Check, check } from '../check.ts';
import { methodOverrideEvidence, overrideClasses } from './gather-method-override.ts';
import { originsEvidence } from './gather-origins.ts';
import { httpCorsEvidence } from './gather.ts';
import { judgeMethodOverride } from './judge-method-override.ts';
import { judgeOrigins } from './judge-origins.ts';
import { mediaTypeClasses } from './media-types.ts';
import { originClasses } from './origin-families.ts';
import { judgeCorsOnEveryStatus, judgeListedOrigins, judgePreflight, judgeUnlistedOrigins, judgeUnlistedWrites, judgeVary } from './judge.ts';
import { statusClassesEvidence } from '../headers/gather.ts';

const common = { area: 'cors-http', needs: 'access', evidence: { httpCors: httpCorsEvidence } } as const;
const byAllowlist = { ...common, adr: '0002', measure: 'Exact allowlist of origins, preflights included' } as const;
const byRejection = { ...common, adr: '0003', measure: 'Rejection of unlisted origins before any handler' } as const;

export const corsHttp = {
  'wire-listed-origins': check({
    ...byAllowlist,
    severity: 'high',
    requirements: ['FR-004', 'US2.2'],
    title: 'Every origin on the allowlist is allowed by name: the app, and the origins of audit.config.json',
    failed: 'An origin on the allowlist is not allowed',
    why: 'A page that should work does not, and an allowlist that no check compares with its specification drifts.',
    fix: 'Make CORS_ORIGINS and the origins of audit.config.json agree.',
    sends: 'A GET and a preflight from every origin that should be allowed: AUDIT_APP_ORIGIN, and the origins of audit.config.json.',
    proof: 'Each GET returns 200. On each GET and preflight Access-Control-Allow-Origin names exactly the origin that sent the request.',
    general: 'Maintain one list of origins per environment, and compare it with what the pages need.',
    sources: ['fetch', 'asvs-3.4.2'],
    judge: ({ httpCors }) => judgeListedOrigins(httpCors),
  }),
  'wire-preflight': check({
    ...byAllowlist,
    severity: 'high',
    requirements: ['FR-004', 'US2.2'],
    file: 'service/middleware/cross-origin.ts',
    title: 'Preflights of the app get its exact origin and what it needs, no more, without a token',
    failed: 'A preflight allows too little or too much',
    why: 'A preflight that allows too little breaks the app; one that allows too much exposes the API.',
    fix: 'List methods and headers explicitly; respond to OPTIONS before authentication and the limiter.',
    sends:
      'A preflight of the app for each method of the contract, one for TRACE and an unknown header, and one that requests private network access.',
    proof:
      'Each preflight for a method of the contract allows the exact origin, the method, Authorization, Content-Type and every header that the contract takes, and a Max-Age of at most a day. It has no RateLimit header. No preflight of a disallowed origin allows credentials. The other two allow neither TRACE, an unknown header nor private network access.',
    general: 'List methods and headers one by one, allow credentials for exact origins only, and respond to OPTIONS first.',
    sources: ['fetch-preflight', 'private-network', 'asvs-4.1.4'],
    judge: ({ httpCors }) => judgePreflight(httpCors),
  }),
  'wire-refused-origins': check({
    ...byRejection,
    severity: 'critical',
    requirements: ['FR-004', 'SC-003', 'US2.2'],
    file: 'service/middleware/cross-origin.ts',
    title: 'No origin that is not on the allowlist gets CORS permission, malformed and duplicate Origin headers included',
    failed: 'An origin that is not on the allowlist gets CORS permission, or is not rejected as declared',
    why: 'Allowlists fail at the spellings that no test covers.',
    fix: 'Compare the Origin header for equality with the list, and reject everything else before any handler.',
    sends:
      'For each of many origins a GET with a token and a preflight: lookalikes, neighbors on the public suffix, null, another scheme or port, a trailing slash, user info, a list, development addresses, an asterisk. One GET with two Origin headers. For every protected operation a preflight from a disallowed origin and, where the audit may execute it, a request.',
    proof: 'Each GET returns 403 where the contract declares that policy, and no response to any operation has Access-Control-Allow-Origin.',
    general: 'Compare the unmodified header with the list, byte by byte. Return 403 for a value that is not on it, and for more than one.',
    sources: ['asvs-3.4.2', 'cors-attacks', 'public-suffix', 'rfc6454'],
    judge: ({ httpCors }) => judgeUnlistedOrigins(httpCors),
  }),
  'origins-everywhere': check({
    ...byRejection,
    severity: 'critical',
    lesser: {
      'local-origin-allowed': { severity: 'high', failed: "An origin of a development server, a local network or an app's shell is allowed" },
      'malformed-origin-allowed': { severity: 'medium', failed: 'A malformed Origin header is allowed' },
      'allowed-origin-rejected': { severity: 'high', failed: 'An allowed origin cannot use an operation' },
      'method-not-allowed': { severity: 'high', failed: 'A preflight of an allowed origin does not allow the method of an operation' },
      'origin-breaks-api': { severity: 'medium', failed: 'A disallowed origin causes a server error' },
    },
    requirements: ['FR-004', 'SC-003'],
    file: 'service/middleware/cross-origin.ts',
    title: 'No operation is open to a disallowed origin of any family, and each is open to the app',
    failed: 'An operation gives CORS permission to an origin that is not on the allowlist',
    why: 'Allowlists contain what deployments and developers needed once: previews, local servers, app shells. One route with its own CORS settings is enough.',
    fix: 'Remove every pattern and every local origin from the allowlist, and CORS settings from single routes.',
    sends:
      'For every operation of the contract and an unknown path, a request with a token and a preflight from origins of every family, whose members take turns. Writes concern objects of this run; others are tried by preflight only. For each read and preflight an allowed origin just after a disallowed one and just before the next.',
    proof:
      "No response has an Access-Control-Allow-Origin with which a browser would let that origin read it; each returns 403 where the contract declares that policy. Responses to the allowed origin name it, and preflights allow the operation's method. The API's own origin needs no permission.",
    general: 'Decide about CORS in one place, before routing, by comparison with complete origins.',
    sources: ['fetch', 'cors-attacks', 'public-suffix', 'capacitor-origins'],
    classes: originClasses,
    evidence: { origins: originsEvidence },
    judge: ({ origins }) => judgeOrigins(origins),
    cells: ({ origins }) => origins.cells,
  }),
  'wire-refused-writes': check({
    ...byRejection,
    severity: 'critical',
    requirements: ['FR-004', 'SC-003'],
    file: 'service/middleware/cross-origin.ts',
    policy: 'other-origins-rejected',
    title: "Writes from a disallowed origin change nothing, not even with the owner's token or as a plain form",
    failed: 'A write from a disallowed origin was executed',
    why: 'CORS headers do not stop a handler. Only a rejection before it does.',
    fix: 'Reject unlisted origins before any handler, and accept JSON bodies only.',
    sends:
      "With the owner's token and a disallowed Origin: creations in every collection as JSON, as plain text, as a form and at the path in upper case, and every protected operation on objects of this run. An operation that the audit leaves out, such as DELETE /me, is tried by preflight only, and the summary names it. Without an Origin: creations in every collection in each media type that a page can send without a preflight.",
    proof:
      'Each creation and operation from a disallowed origin returns 403. The upper-case path and the creations without an Origin return a client error. The owner of each collection finds its object unchanged and no new object.',
    general: 'Check Origin on the server. CORS hides responses from scripts but does not stop requests before handlers.',
    sources: ['asvs-3.5.2', 'csrf-sheet', 'fetch-safelisted'],
    classes: mediaTypeClasses,
    judge: ({ httpCors }) => judgeUnlistedWrites(httpCors),
    cells: ({ httpCors }) => httpCors.simpleWrites,
  }),
  'method-override': check({
    ...byRejection,
    severity: 'high',
    requirements: ['FR-004'],
    title: 'No header, parameter or form field turns a request into another method',
    failed: 'A request was executed as another method than the one sent',
    why: 'A preflight, a firewall and a log see the method that is sent. An override executes a deletion that they took for a POST.',
    fix: 'Remove the middleware that reads X-HTTP-Method-Override or _method.',
    sends:
      "With the owner's token, for every operation that changes or deletes an object of any collection: POST and GET with X-HTTP-Method-Override, X-HTTP-Method and X-Method-Override for its method, and POST with _method in the query, in a form and in JSON. In every collection a creation with an override for GET.",
    proof: 'The owner reads each object unchanged afterwards, and each creation creates an object or is rejected.',
    general: 'Execute the method of the request line and nothing else.',
    sources: ['asvs-4.1.4', 'fetch-preflight'],
    evidence: { methodOverride: methodOverrideEvidence },
    classes: overrideClasses,
    judge: ({ methodOverride }) => judgeMethodOverride(methodOverride),
    cells: ({ methodOverride }) => methodOverride.cells,
  }),
  'vary-origin': check({
    ...byAllowlist,
    severity: 'medium',
    requirements: ['FR-004'],
    file: 'service/middleware/cross-origin.ts',
    title: 'Vary: Origin is on every response that depends on the origin, and on all where that is declared',
    failed: 'A response has no Vary: Origin',
    why: 'A cache would serve the response for one origin to another.',
    fix: 'Set Vary: Origin in the first middleware.',
    sends: 'Nothing. It inspects every response of the audit, for listed, unlisted and absent origins.',
    proof: 'Each response that names an origin has Vary: Origin or Vary: *, and so has each other one where the contract declares that policy.',
    general: 'Add Vary: Origin to every response as soon as any of them depends on the origin.',
    sources: ['rfc9110-vary', 'fetch'],
    phase: 'judge every response',
    evidence: { httpCors: httpCorsEvidence, statusClasses: statusClassesEvidence },
    judge: ({ httpCors, statusClasses }, { responses }) => judgeVary(httpCors, statusClasses, responses()),
  }),
  'cors-on-every-status': check({
    ...byAllowlist,
    severity: 'high',
    requirements: ['FR-004'],
    file: 'service/middleware/cross-origin.ts',
    title: 'Responses of every status have the same CORS policy, never an asterisk',
    failed: 'A response has another CORS policy',
    why: 'The app cannot read an error without CORS headers, and any page can read one with an asterisk.',
    fix: 'Add CORS headers before anything that can respond, and expose each response header that the contract documents.',
    sends:
      "One request for each documented status from the app's origin, and one from a disallowed origin. It also inspects every other response of the audit.",
    proof:
      'A response to a listed origin names that origin and exposes the headers that the contract documents. A response to any other origin names none, and no response has an asterisk.',
    general: 'Let one middleware at the very beginning add the headers, so that 401, 404, 429 and 5xx have them too.',
    sources: ['fetch', 'asvs-3.4.2'],
    phase: 'judge every response',
    evidence: { statusClasses: statusClassesEvidence },
    judge: ({ statusClasses }, { target, config, contract, responses }) =>
      judgeCorsOnEveryStatus(statusClasses, [target.appOrigin, ...config.origins], responses(), contract.responseHeaders),
  }),
} satisfies Record<string, Check>;

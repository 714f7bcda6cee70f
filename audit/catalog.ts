/** The words of the audit: one entry for each check, in the order of the report. Code, report, decision and test use the same id. */
export type Area = 'preconditions' | 'configuration' | 'transport' | 'health' | 'cors-browser' | 'cors-wire' | 'tokens' | 'isolation' | 'leaks' | 'headers' | 'limits' | 'secrets' | 'honesty';
export type Severity = 'critical' | 'high' | 'medium' | 'low';

export type Check = {
  area: Area;
  severity: Severity;
  /** How the check reads when it holds, and when it does not. */
  title: string;
  failed: string;
  requirements: readonly RequirementId[];
  /** Number of the decision record it confirms. */
  adr: string;
  why: string;
  fix: string;
};

export const requirements = {
  'FR-001': 'The service starts from the Procfile and listens on the port it is given',
  'FR-002': 'Connections to the database are pooled for Neon, and the loss of one is survived',
  'FR-003': 'Every setting and secret comes from the environment, and is checked before the service listens',
  'FR-004': 'Only exactly listed origins may call the API from a browser',
  'FR-005': 'Health tells the truth about the database',
  'FR-006': 'Interactive docs, the contract and internals are not served in production',
  'FR-007': 'Every finding and every decision is written down where a maintainer finds it',
  'SC-001': 'Health answers 200 while the database answers, and 503 while it does not',
  'SC-002': 'No secret stands in the tree, in the history or in an answer',
  'SC-003': 'Every request from an origin that is not listed is refused',
  'SC-004': 'The audit takes less than 60 seconds',
  'SC-005': 'Every decision has a record, and every record is confirmed',
  'US1.3': 'Secrets are never shown',
  'US2.3': "A user's tasks are that user's alone",
  ASVS: 'Transport, headers and limits follow the OWASP Application Security Verification Standard 5.0',
} as const;
export type RequirementId = keyof typeof requirements;

export const catalog = {
  'target-identity': {
    area: 'preconditions', severity: 'critical', adr: '0018', requirements: ['FR-005'],
    title: 'The target answers, and is the API it should be',
    failed: 'What answers is not the API',
    why: 'Everything else would be judged on answers of something else: an edge page, a parked domain, another service.',
    fix: 'Check AUDIT_API_URL, and in the platform that the deployment is running.',
  },
  'tenant-access': {
    area: 'preconditions', severity: 'critical', adr: '0018', requirements: ['US2.3'],
    title: 'Valid tokens read, no token and a broken one do not',
    failed: 'The credentials do not work as they should',
    why: 'A refusal proves something only where the same request with a valid token succeeds.',
    fix: "Give the audit the deployment's own JWT_SECRET, or two tokens of test users that have not expired.",
  },
  'procfile-entry': {
    area: 'configuration', severity: 'medium', adr: '0001', requirements: ['FR-001'],
    title: 'The Procfile starts the built server directly',
    failed: 'The Procfile does not start the built server directly',
    why: 'Under npm or a shell the process never sees SIGTERM, and every deployment cuts requests.',
    fix: 'Let the web line be: node dist/server.js',
  },
  'port-binding': {
    area: 'configuration', severity: 'medium', adr: '0001', requirements: ['FR-001'],
    title: 'PORT is required in production, has no default there, and is what the edge reaches',
    failed: 'PORT is not taken from the environment alone',
    why: 'A service that listens elsewhere than the platform expects is never reached.',
    fix: 'Require PORT in production and bind it on all addresses.',
  },
  'settings-without-fallback': {
    area: 'configuration', severity: 'critical', adr: '0010', requirements: ['FR-003', 'US1.3'],
    title: 'No secret has a default, and all of them are required in production',
    failed: 'A secret has a default or may be absent in production',
    why: 'A fallback secret is a public secret: whoever reads the repository signs tokens.',
    fix: 'Remove the default and require the variable.',
  },
  'decision-links': {
    area: 'configuration', severity: 'low', adr: '0019', requirements: ['FR-007', 'SC-005'],
    title: 'Every check confirms an accepted decision, and every decision names its checks',
    failed: 'Checks and decision records do not match',
    why: 'A finding without the decision behind it cannot be weighed, and a decision nobody checks erodes.',
    fix: 'Name the check under Confirmation in the record it belongs to, or say there why none can confirm it.',
  },
  certificate: {
    area: 'transport', severity: 'critical', adr: '0020', requirements: ['ASVS'],
    title: 'The certificate is trusted, names the host and is valid for 14 days or more',
    failed: 'The certificate cannot be relied on',
    why: 'Browsers refuse the API, or users learn to click warnings away.',
    fix: 'Renew the certificate; on Railway check the custom domain.',
  },
  'tls-versions': {
    area: 'transport', severity: 'medium', adr: '0020', requirements: ['ASVS'],
    title: 'TLS 1.2 or 1.3 is accepted, 1.0 and 1.1 are refused',
    failed: 'Outdated TLS is accepted, or current TLS is not',
    why: 'TLS 1.0 and 1.1 have been deprecated since RFC 8996.',
    fix: 'Set the least version of the edge to TLS 1.2.',
  },
  'plain-http': {
    area: 'transport', severity: 'high', adr: '0020', requirements: ['ASVS'],
    title: 'Plain http gives no data and processes nothing',
    failed: 'The API answers over plain http',
    why: 'A token sent over plain http is readable on the way.',
    fix: 'Let the edge close or redirect plain http; never route it to the service.',
  },
  hsts: {
    area: 'transport', severity: 'medium', adr: '0021', requirements: ['ASVS'],
    title: 'HSTS of a year or more on answers of every status',
    failed: 'HSTS is missing or short',
    why: 'Without it a first request may go over plain http.',
    fix: 'Send Strict-Transport-Security with max-age of 31536000 or more, before anything can answer.',
  },
  'health-shape': {
    area: 'health', severity: 'high', adr: '0005', requirements: ['FR-005', 'SC-001'],
    title: 'Health says ok, connected and production, in a closed shape, fresh and uncached',
    failed: 'Health is not what the contract says',
    why: 'A cached or static health answer keeps a dead service in rotation, and extra fields give it away to strangers.',
    fix: 'Answer exactly status, database, environment and timestamp, with Cache-Control: no-store.',
  },
  'health-agrees': {
    area: 'health', severity: 'high', adr: '0005', requirements: ['FR-005', 'SC-001'],
    title: 'While health says connected, a write and a read succeed',
    failed: 'Health says connected, and the database routes do not work',
    why: 'A health answer that is not about the database is a lie.',
    fix: 'Let health run a query over the same pool as the routes.',
  },
  'health-open': {
    area: 'health', severity: 'medium', adr: '0005', requirements: ['FR-005'],
    title: 'Health and liveness are free of authentication and limits; other methods get 405',
    failed: 'Health or liveness is limited, guarded or answers other methods',
    why: "The platform's checks come often, without a token, and from few addresses.",
    fix: 'Mount both before the limiter and the token check.',
  },
  'health-truth': {
    area: 'health', severity: 'critical', adr: '0005', requirements: ['FR-002', 'FR-005', 'SC-001'],
    title: 'With the database taken away health says so in time, the process lives, and it recovers by itself',
    failed: 'Health does not follow the database',
    why: 'From outside a static answer and a true one look alike until the database is really gone.',
    fix: 'Give the health query a deadline, listen for errors of idle connections, and answer 503 with Retry-After.',
  },
  'browser-control': {
    area: 'cors-browser', severity: 'high', adr: '0017', requirements: ['FR-004'],
    title: "Each page has the origin it should have, can read a permissive host, and sends preflights",
    failed: 'The browser itself does not behave as the checks assume',
    why: 'A page without a network is refused everything, and would prove any allowlist.',
    fix: 'Look at the browser: its version, a proxy, a policy that blocks loopback.',
  },
  'browser-allowed-origin': {
    area: 'cors-browser', severity: 'critical', adr: '0002', requirements: ['FR-004'],
    title: "The app's page reads GET, POST, PUT, PATCH and DELETE, preflights included",
    failed: "The app's own page cannot call the API",
    why: 'The web app does not work.',
    fix: "List the app's exact origin in CORS_ORIGINS; allow the Authorization and Content-Type headers and every method of the contract.",
  },
  'browser-readable-errors': {
    area: 'cors-browser', severity: 'medium', adr: '0002', requirements: ['FR-004'],
    title: "The app's page can read 401, 404 and 422, and what is left of its limit",
    failed: "The app's page cannot read errors",
    why: 'Without CORS headers on errors the app sees a network error and cannot tell the user what is wrong.',
    fix: 'Add CORS headers before anything that can refuse, and expose the RateLimit headers.',
  },
  'browser-foreign-origin': {
    area: 'cors-browser', severity: 'critical', adr: '0002', requirements: ['FR-004', 'SC-003'],
    title: 'A foreign page can read nothing, and every write stops at the preflight',
    failed: 'A foreign page can call the API',
    why: 'Any web site could act with what its visitor can reach.',
    fix: 'Allow exact origins only; never reflect the Origin header, never send an asterisk.',
  },
  'browser-null-origin': {
    area: 'cors-browser', severity: 'critical', adr: '0002', requirements: ['FR-004', 'SC-003'],
    title: 'A page with the origin null is refused',
    failed: 'The origin null is allowed',
    why: 'Any site can make a sandboxed frame whose origin is null.',
    fix: 'Remove null from the allowlist.',
  },
  'browser-look-alikes': {
    area: 'cors-browser', severity: 'critical', adr: '0002', requirements: ['FR-004', 'SC-003'],
    title: "Pages at look-alikes of the app's origin are refused: suffix, prefix, siblings, replaced dot, subdomain",
    failed: "A look-alike of the app's origin is allowed",
    why: 'Anybody may register these names, on vercel.app for free.',
    fix: 'Compare whole origins for equality instead of matching a pattern.',
  },
  'browser-refused-writes': {
    area: 'cors-browser', severity: 'critical', adr: '0003', requirements: ['FR-004', 'SC-003', 'US2.3'],
    title: 'Nothing a refused page tried has changed anything: its owner looked again',
    failed: 'A refused page has changed data',
    why: 'A browser that refuses to show an answer has not prevented the request.',
    fix: 'Refuse unlisted origins before any handler, and accept JSON bodies only.',
  },
  'wire-preflight': {
    area: 'cors-wire', severity: 'high', adr: '0002', requirements: ['FR-004'],
    title: "Preflights of the app get its exact origin and what is needed, no more, without a token",
    failed: 'Preflights are answered with too little or too much',
    why: 'Too little breaks the app, too much opens the API.',
    fix: 'List methods and headers explicitly; answer OPTIONS before authentication and the limiter.',
  },
  'wire-refused-origins': {
    area: 'cors-wire', severity: 'critical', adr: '0003', requirements: ['FR-004', 'SC-003'],
    title: 'Every origin but the listed one gets 403 and no permission, also malformed ones and two at once',
    failed: 'An origin that is not listed is not refused',
    why: 'Allowlists fail at the spellings nobody tried.',
    fix: 'Compare the Origin header for equality with the list, and refuse everything else before any handler.',
  },
  'wire-refused-writes': {
    area: 'cors-wire', severity: 'critical', adr: '0003', requirements: ['FR-004', 'SC-003', 'US2.3'],
    title: "Writes from a foreign origin change nothing, not even with the owner's token or as a plain form",
    failed: 'A write from a foreign origin was executed',
    why: 'CORS headers never stop a handler: only a refusal does.',
    fix: 'Refuse unlisted origins before any handler, and accept JSON bodies only.',
  },
  'vary-origin': {
    area: 'cors-wire', severity: 'medium', adr: '0002', requirements: ['FR-004'],
    title: 'Vary: Origin on every answer, for listed, unlisted and absent origins',
    failed: 'An answer does not say that it depends on the origin',
    why: 'A cache would give one origin the answer of another.',
    fix: 'Set Vary: Origin in the first middleware.',
  },
  'cors-on-every-status': {
    area: 'cors-wire', severity: 'high', adr: '0002', requirements: ['FR-004'],
    title: 'The same policy on answers of every status, never an asterisk',
    failed: 'Some answers carry another CORS policy',
    why: 'An error without CORS headers is unreadable for the app; one with an asterisk is readable for everybody.',
    fix: 'Add CORS headers before anything that can answer.',
  },
  'token-missing': {
    area: 'tokens', severity: 'critical', adr: '0011', requirements: ['US2.3'],
    title: 'No token, or one anywhere but in the Authorization header, gets 401',
    failed: 'A request without a proper bearer token is let in',
    why: 'Tokens in URLs and cookies leak, and are sent by browsers unasked.',
    fix: 'Read the token from one Authorization: Bearer header alone.',
  },
  'token-malformed': {
    area: 'tokens', severity: 'high', adr: '0011', requirements: ['US2.3'],
    title: 'A malformed token gets 401',
    failed: 'A malformed token is let in or breaks the API',
    why: 'Lenient parsing accepts what was never signed.',
    fix: 'Accept exactly three base64url segments.',
  },
  'token-wrong-key': {
    area: 'tokens', severity: 'critical', adr: '0011', requirements: ['US2.3', 'US1.3'],
    title: 'A token under a guessed or empty key gets 401',
    failed: 'A token signed with a guessable key is let in',
    why: 'Whoever knows the key is any user.',
    fix: 'Set a random JWT_SECRET of 32 bytes or more, and verify signatures.',
  },
  'token-algorithm': {
    area: 'tokens', severity: 'critical', adr: '0011', requirements: ['US2.3'],
    title: 'alg none, a foreign algorithm, an embedded key or a strange kid gets 401',
    failed: 'The token chooses how it is verified',
    why: 'RFC 8725 section 3.1: the verifier must decide which algorithm is used.',
    fix: "Pass a fixed list of one algorithm to the verifier, and ignore the header's jwk, jku, x5u and kid.",
  },
  'token-tampered': {
    area: 'tokens', severity: 'critical', adr: '0011', requirements: ['US2.3'],
    title: 'A changed payload or signature gets 401',
    failed: 'A changed token is let in',
    why: 'Anybody could become anybody.',
    fix: 'Verify the signature instead of decoding the token.',
  },
  'token-expired': {
    area: 'tokens', severity: 'high', adr: '0011', requirements: ['US2.3'],
    title: 'An expired token gets 401',
    failed: 'An expired token is let in',
    why: 'A token that leaked would work for ever.',
    fix: 'Do not switch off the check of exp.',
  },
  'token-without-exp': {
    area: 'tokens', severity: 'high', adr: '0011', requirements: ['US2.3'],
    title: 'A token that never expires gets 401',
    failed: 'A token without exp is let in',
    why: 'Libraries accept a missing exp; such a token can only be revoked by changing the key.',
    fix: 'Require exp after verification.',
  },
  'token-claims': {
    area: 'tokens', severity: 'high', adr: '0011', requirements: ['US2.3'],
    title: 'A validly signed token with unusable claims gets 401',
    failed: 'A token with unusable claims is let in',
    why: 'A missing or structured sub ends in a query that belongs to nobody, or to everybody.',
    fix: 'Check the types of exp, nbf and sub, refuse crit, and allow one algorithm.',
  },
  'token-every-operation': {
    area: 'tokens', severity: 'critical', adr: '0011', requirements: ['US2.3'],
    title: 'Every protected operation of the contract refuses no token and a broken one, and nothing happens',
    failed: 'An operation can be called without a valid token',
    why: 'One forgotten route is enough.',
    fix: 'Require the caller once, for the whole prefix, instead of route by route.',
  },
  'isolation-by-id': {
    area: 'isolation', severity: 'critical', adr: '0004', requirements: ['US2.3'],
    title: "Another tenant's object is as absent as one that never existed, for every operation, and stays as it was",
    failed: "A tenant can reach another tenant's object by its id",
    why: 'Broken object level authorization is the first of the OWASP API risks (API1:2023).',
    fix: "Put the owner's id into the query's condition, and answer 404 when nothing matches.",
  },
  'isolation-in-lists': {
    area: 'isolation', severity: 'critical', adr: '0004', requirements: ['US2.3'],
    title: "Lists hold one's own objects alone, whatever a query or header claims, also twenty at once",
    failed: "A list or a parallel read shows another tenant's objects",
    why: 'Lists, counts and searches are where an owner filter is forgotten.',
    fix: 'Start every query from the owner of the verified token.',
  },
  'isolation-of-ownership': {
    area: 'isolation', severity: 'critical', adr: '0004', requirements: ['US2.3'],
    title: 'Nobody can create an object in the name of another',
    failed: 'An object can be created in the name of another',
    why: 'Mass assignment (API3:2023) plants data in other accounts.',
    fix: "Take the owner from the token, and refuse unknown fields.",
  },
  'isolation-anonymous': {
    area: 'isolation', severity: 'high', adr: '0004', requirements: ['US2.3'],
    title: 'Without a token an existing object and a random id look the same; a deleted one is gone for all',
    failed: 'Strangers can tell which objects exist',
    why: 'Existence is information, and ids can be counted through.',
    fix: 'Check the token before the object is looked up.',
  },
  'docs-absent': {
    area: 'leaks', severity: 'medium', adr: '0013', requirements: ['FR-006'],
    title: 'Interactive docs are absent, like any unknown path',
    failed: 'Interactive docs are served',
    why: 'They hand a map of the API to everybody, and bring third-party scripts.',
    fix: 'Leave API_DOCS unset in production.',
  },
  'contract-absent': {
    area: 'leaks', severity: 'medium', adr: '0013', requirements: ['FR-006'],
    title: 'The contract is not served, like any unknown path',
    failed: 'The contract is served',
    why: 'The same map, for machines.',
    fix: 'Leave API_DOCS unset in production.',
  },
  'files-absent': {
    area: 'leaks', severity: 'high', adr: '0022', requirements: ['FR-006', 'SC-002'],
    title: 'Files and endpoints of operations are not served, like any unknown path',
    failed: 'A file or endpoint of operations is served',
    why: '.env and .git are the first things scanners ask for.',
    fix: 'Serve no directory; keep metrics and debug endpoints on a private port.',
  },
  'errors-without-internals': {
    area: 'leaks', severity: 'high', adr: '0022', requirements: ['FR-006'],
    title: 'Provoked errors are clear client errors in problem+json, without a trace of the inside',
    failed: 'An error is a server error, not problem+json, or shows internals',
    why: 'Stacks, paths, SQL and driver texts help attackers, and a 5xx for bad input is a bug.',
    fix: 'One error handler with fixed texts; validate input before it reaches the database.',
  },
  'server-banner': {
    area: 'leaks', severity: 'low', adr: '0022', requirements: ['FR-006'],
    title: 'No answer names the framework or a version',
    failed: 'An answer names the framework or a version',
    why: 'Known versions have known holes.',
    fix: 'Disable X-Powered-By.',
  },
  'security-headers': {
    area: 'headers', severity: 'medium', adr: '0021', requirements: ['ASVS'],
    title: 'nosniff, CSP none, no framing and a private referrer policy on answers of every status',
    failed: 'A security header is missing somewhere',
    why: 'Headers that are set on success alone are missing where attackers look.',
    fix: 'Set the headers in the first middleware.',
  },
  'private-answers': {
    area: 'headers', severity: 'high', adr: '0021', requirements: ['US2.3'],
    title: 'Answers to users and of health are never stored, typed exactly, and set no cookie',
    failed: 'A private answer may be stored, is mistyped, or sets a cookie',
    why: 'A shared cache would give one user the data of another.',
    fix: 'Send Cache-Control: no-store on everything.',
  },
  'limit-headers': {
    area: 'limits', severity: 'medium', adr: '0012', requirements: ['ASVS'],
    title: 'The limiter tells what is left, counts by one, and keeps tenants apart',
    failed: 'The limiter does not tell, does not count, or mixes tenants',
    why: 'Clients can only behave when they are told, and one user must not use up the limit of another.',
    fix: 'Send draft-8 RateLimit headers and key the bucket by the verified user.',
  },
  'limit-forged-address': {
    area: 'limits', severity: 'high', adr: '0012', requirements: ['ASVS'],
    title: 'A forged client address does not give a fresh bucket',
    failed: 'A forged header escapes the limit',
    why: 'A limit that a header resets is no limit.',
    fix: 'Set TRUST_PROXY to the real number of proxies: 2 on Railway.',
  },
  'limit-exhaustion': {
    area: 'limits', severity: 'high', adr: '0012', requirements: ['ASVS'],
    title: 'An empty bucket answers 429 with Retry-After and all headers, and concerns its owner alone',
    failed: 'The limit does not hold, or hits others',
    why: 'A limit that is never reached in a test may not exist.',
    fix: 'Check the limiter, its key and its place: after CORS, before the routes.',
  },
  'secrets-in-tree': {
    area: 'secrets', severity: 'critical', adr: '0010', requirements: ['SC-002', 'US1.3'],
    title: 'A scanner finds no secret in the working tree, and no .env is tracked',
    failed: 'A secret stands in the working tree',
    why: 'Whoever reads the repository has it.',
    fix: 'Remove it, and replace the secret everywhere it is used: it is known.',
  },
  'secrets-in-history': {
    area: 'secrets', severity: 'critical', adr: '0010', requirements: ['SC-002', 'US1.3'],
    title: 'A scanner finds no secret in any commit',
    failed: 'A secret stands in the history',
    why: 'A deleted file is still in every clone.',
    fix: 'Replace the secret; rewriting history does not reach the clones.',
  },
  'secrets-by-value': {
    area: 'secrets', severity: 'critical', adr: '0010', requirements: ['SC-002', 'US1.3'],
    title: "The exact values of the environment's secrets stand nowhere in tree or history",
    failed: "A secret of the environment stands in the repository",
    why: 'Scanners know shapes; a password has none.',
    fix: 'Replace the secret, and remove it from the file.',
  },
  'secrets-in-answers': {
    area: 'secrets', severity: 'critical', adr: '0010', requirements: ['SC-002', 'US1.3'],
    title: 'No answer of this audit holds the value of a secret',
    failed: 'An answer holds the value of a secret',
    why: 'It was sent to a stranger.',
    fix: 'Find what echoes it; replace the secret.',
  },
  'artifacts-without-secrets': {
    area: 'honesty', severity: 'high', adr: '0018', requirements: ['SC-002'],
    title: 'What the audit wrote holds no secret and no token',
    failed: 'The audit wrote down a secret or a token',
    why: 'Reports are shared, attached and committed.',
    fix: 'A fault of the audit: see its redactor. Do not share the report.',
  },
  'nothing-left-behind': {
    area: 'honesty', severity: 'high', adr: '0023', requirements: ['FR-007'],
    title: 'Every object the audit made is gone',
    failed: 'Objects of the audit are still there',
    why: 'The audit runs against production, in the accounts of test users.',
    fix: 'Run the audit again: it removes what an earlier run has left.',
  },
  'time-budget': {
    area: 'honesty', severity: 'low', adr: '0023', requirements: ['SC-004'],
    title: 'The audit took less than 60 seconds',
    failed: 'The audit took 60 seconds or more',
    why: 'A slow audit is not run.',
    fix: 'Look at the time per area: is the target slow, or the way to it?',
  },
} as const satisfies Record<string, Check>;

export type CheckId = keyof typeof catalog;
export const checkIds = Object.keys(catalog) as CheckId[];

export function checkOf(id: CheckId): Check {
  return catalog[id];
}

/** What protects the service, in a maintainer's words, and the checks that show it at work. */
export const measures: readonly { measure: string; checks: readonly CheckId[] }[] = [
  { measure: 'Exact allowlist of origins, preflights included', checks: ['browser-allowed-origin', 'browser-foreign-origin', 'browser-null-origin', 'browser-look-alikes', 'wire-preflight', 'vary-origin', 'cors-on-every-status'] },
  { measure: 'Refusal of unlisted origins before any handler', checks: ['wire-refused-origins', 'wire-refused-writes', 'browser-refused-writes'] },
  { measure: 'Bearer tokens: one key, one algorithm, an end', checks: ['token-missing', 'token-malformed', 'token-wrong-key', 'token-algorithm', 'token-tampered', 'token-expired', 'token-without-exp', 'token-claims', 'token-every-operation'] },
  { measure: "The owner's id in every query", checks: ['isolation-by-id', 'isolation-in-lists', 'isolation-of-ownership', 'isolation-anonymous'] },
  { measure: 'Rate limit by user or client address', checks: ['limit-headers', 'limit-forged-address', 'limit-exhaustion'] },
  { measure: 'Deep health, and recovery from a lost database', checks: ['health-shape', 'health-agrees', 'health-open', 'health-truth'] },
  { measure: 'Security headers and no caching, on every status', checks: ['security-headers', 'private-answers', 'hsts'] },
  { measure: 'TLS only', checks: ['certificate', 'tls-versions', 'plain-http'] },
  { measure: 'Errors as problem details, without internals', checks: ['errors-without-internals', 'server-banner'] },
  { measure: 'No docs, contract or files in production', checks: ['docs-absent', 'contract-absent', 'files-absent'] },
  { measure: 'Secrets in the environment alone', checks: ['settings-without-fallback', 'secrets-in-tree', 'secrets-in-history', 'secrets-by-value', 'secrets-in-answers'] },
];

import { notApplicable } from '../../model/verdict.ts';
import { check, type Check, type JudgeContext } from '../check.ts';
import { appPageEvidence } from './gather-app-page.ts';
import { browserCorsEvidence, firefoxEvidence, webkitEvidence } from './gather.ts';
import { judgeAppPage, judgeAppScripts } from './judge-app-page.ts';
import { judgeAllowedOrigin, judgeBrowserControl, judgeOtherBrowser, judgePageWrites, judgeReadableErrors, judgeUnlistedPages } from './judge.ts';

function withoutLivePage({ target }: JudgeContext): string | undefined {
  return target.appPage === undefined ? 'AUDIT_APP_PAGE is not live. Instead a local page at the same origin shows what the API allows.' : undefined;
}

const inBrowser = {
  area: 'cors-browser',
  requirements: ['FR-004', 'SC-003', 'US2.2'],
  needs: 'access',
  evidence: { browserCors: browserCorsEvidence },
} as const;
const byMiddleware = { ...inBrowser, adr: '0002', file: 'service/middleware/cross-origin.ts' } as const;
const byAllowlist = { ...byMiddleware, severity: 'critical', measure: 'Exact allowlist of origins, preflights included' } as const;
const onLivePage = { ...inBrowser, notApplicable: withoutLivePage, evidence: { appPage: appPageEvidence } } as const;

export const corsBrowser = {
  'browser-control': check({
    ...inBrowser,
    severity: 'high',
    adr: '0017',
    title: 'Each page has the expected origin, can read a permissive host, and sends preflights',
    failed: 'The browser does not behave as the checks assume',
    why: 'A page without a network connection gets no response at all, so any allowlist would pass.',
    fix: 'Check the browser: its version, a proxy, a policy that blocks loopback addresses.',
    sends: 'From each page of the browser checks: a simple and a preflighted request to a local host that allows every origin.',
    proof:
      'Each page has its origin and can read both responses, and the host received the preflights. Otherwise something on the auditing machine responds in place of the API, and the check is inconclusive.',
    general: 'Run the audit without a proxy that responds for other hosts, and with a browser that no policy restricts.',
    sources: ['fetch-preflight', 'devtools'],
    judge: ({ browserCors }) => judgeBrowserControl(browserCors),
  }),
  'browser-allowed-origin': check({
    ...byAllowlist,
    requirements: ['FR-004', 'US2.2'],
    title: "The app's page can use GET, POST, PUT, PATCH and DELETE, preflights included",
    failed: "The app's own page cannot call the API",
    why: 'Without this permission the web app does not work.',
    fix: "List the app's exact origin in CORS_ORIGINS; allow the Authorization and Content-Type headers and every method of the contract.",
    sends: "From a page at the app's origin: a simple GET of health. With a token: the list, a creation, and every operation on an object.",
    proof: "The page's script reads a 2xx response to each request, and the browser sent a preflight before each request with a token.",
    general: 'Allow the exact origin and every method and header that the app uses, and respond to preflights without authentication.',
    sources: ['fetch', 'asvs-3.4.2'],
    judge: ({ browserCors }) => judgeAllowedOrigin(browserCors),
  }),
  'browser-readable-errors': check({
    ...byMiddleware,
    severity: 'medium',
    requirements: ['US2.2'],
    title: "The app's page can read 401, 404, the status for an invalid body, RateLimit and the documented headers",
    failed: "The app's page cannot read errors or headers",
    why: 'Without CORS headers on errors the app gets a network error and cannot show the user what is wrong.',
    fix: 'Add CORS headers before anything that can reject a request. Expose the RateLimit headers and those that the contract documents.',
    sends: "From the app's page: a read without a token, a read of an object that never existed, and a creation with an invalid body.",
    proof:
      'The script reads each status and body, and under the policy rate-limit-headers the RateLimit header. On its creation it reads each header that the contract documents and the response has, such as Location.',
    general: 'Add CORS headers before anything that can respond, and expose by name each header that scripts need.',
    sources: ['fetch', 'ratelimit-draft'],
    judge: ({ browserCors }) => judgeReadableErrors(browserCors),
  }),
  'browser-foreign-origin': check({
    ...byAllowlist,
    title: 'A foreign page can read nothing, and every write stops at the preflight',
    failed: 'A foreign page can call the API',
    why: "Any web site could act with its visitors' access.",
    fix: 'Allow exact origins only. Never reflect the Origin header, never send an asterisk.',
    sends: "From a page at https://foreign-site.example: a simple GET, and every method with the owner's token.",
    proof:
      'The browser blocks each request for a CORS reason that the DevTools protocol reports, and no preflighted request leaves it. The same page can read a permissive host. Afterwards the owner reads its object.',
    general: 'Compare the whole origin with a list for equality. Never reflect Origin, and never send an asterisk with private data.',
    sources: ['asvs-3.4.2', 'fetch', 'cors-attacks'],
    judge: ({ browserCors }) => judgeUnlistedPages(browserCors, 'foreign'),
  }),
  'browser-null-origin': check({
    ...byAllowlist,
    title: 'A page with the origin null can read nothing, and every write stops at the preflight',
    failed: 'The origin null is allowed',
    why: 'Any site can make a sandboxed frame whose origin is null.',
    fix: 'Remove null from the allowlist.',
    sends: "From a sandboxed page at the app's own address, whose origin is null: a simple GET, and every method with the owner's token.",
    proof:
      'As for a foreign page: blocked for a CORS reason, no preflighted request left the browser, the control was readable, and the owner can still read its object.',
    general: 'Never allow null: sandboxed frames, data URLs and local files have it.',
    sources: ['cors-attacks', 'rfc6454', 'asvs-3.4.2'],
    judge: ({ browserCors }) => judgeUnlistedPages(browserCors, 'null'),
  }),
  'browser-look-alikes': check({
    ...byAllowlist,
    title: "Pages at lookalikes of the app's origin can read nothing: suffix, prefix, siblings, replaced dot, subdomain",
    failed: "A lookalike of the app's origin is allowed",
    why: 'Anyone can register these names, on vercel.app for free.',
    fix: 'Compare whole origins for equality instead of matching a pattern.',
    sends:
      "From pages at origins that faulty allowlists took for the app's: a suffix, a prefix, a sibling, a preview, a replaced dot, a subdomain. Each page sends a simple GET and every method with the owner's token.",
    proof: 'As for a foreign page, for each of these origins.',
    general: 'Do not match origins with endsWith, startsWith, includes or a regular expression: anyone can register a name that matches.',
    sources: ['cors-attacks', 'public-suffix', 'asvs-3.4.2'],
    judge: ({ browserCors }) => judgeUnlistedPages(browserCors, 'lookalike'),
  }),
  'browser-refused-writes': check({
    ...byMiddleware,
    severity: 'critical',
    adr: '0003',
    requirements: ['FR-004', 'SC-003'],
    measure: 'Rejection of unlisted origins before any handler',
    title: 'No write of a disallowed page changed anything, as the owner confirms',
    failed: 'A disallowed page changed data',
    why: 'A browser that hides a response has not prevented the request.',
    fix: 'Reject unlisted origins before any handler, and accept JSON bodies only.',
    sends: 'After all requests of disallowed pages the owner reads the attacked objects, one for each group of pages, and lists its objects.',
    proof:
      'Each object is as it was created, and no object has the text of a rejected request. A change without a write that left the browser is a doubt, because these pages cannot have caused it.',
    general: 'Reject an unlisted origin before any handler runs, and accept no body that a form can send.',
    sources: ['asvs-3.5.2', 'csrf-sheet'],
    judge: ({ browserCors }) => judgePageWrites(browserCors),
  }),
  'browser-firefox': check({
    ...byMiddleware,
    severity: 'high',
    title: 'Firefox, where it is installed, enforces the same CORS policy as Chromium',
    failed: 'Firefox decides differently from Chromium',
    why: 'Users choose their browser, and engines differ in how they implement the Fetch standard.',
    fix: 'Follow the Fetch standard in CORS responses: one exact origin, no wildcard, every method and header by name. See the failed Chromium check of the same kind.',
    sends:
      "With Playwright's Firefox, or the installed one in AUDIT_FIREFOX: the same requests as in Chromium from the app's page, a foreign page and a page with the origin null. They use a tunnel that reaches only these pages and the API.",
    proof:
      "The app's page reads every response and every error, and the others read none. All can read the permissive host. The owner finds everything unchanged. This check does not verify certificates; Node and Chromium do.",
    general: 'Test the page in every engine that your users have.',
    sources: ['fetch-preflight'],
    evidence: { firefox: firefoxEvidence },
    judge: ({ firefox }) =>
      firefox === undefined
        ? notApplicable('Firefox is not installed: run npx playwright install firefox, or set AUDIT_FIREFOX to the path of an installed one.')
        : judgeOtherBrowser(firefox),
  }),
  'browser-webkit': check({
    ...byMiddleware,
    severity: 'high',
    title: 'WebKit, where it is installed, enforces the same CORS policy as Chromium',
    failed: 'WebKit decides differently from Chromium',
    why: 'Users choose their browser, and engines differ in how they implement the Fetch standard.',
    fix: 'Follow the Fetch standard in CORS responses: one exact origin, no wildcard, every method and header by name. See the failed Chromium check of the same kind.',
    sends:
      "With Playwright's WebKit: the same requests as in Chromium from the app's page, a foreign page and a page with the origin null. They use a tunnel that reaches only these pages and the API.",
    proof:
      "The app's page reads every response and every error, and the others read none. All can read the permissive host. The owner finds everything unchanged. This check does not verify certificates; Node and Chromium do.",
    general: 'Test the page in every engine that your users have.',
    sources: ['fetch-preflight'],
    evidence: { webkit: webkitEvidence },
    judge: ({ webkit }) =>
      webkit === undefined ? notApplicable('WebKit is not installed: run npx playwright install webkit.') : judgeOtherBrowser(webkit),
  }),
  'app-page': check({
    ...onLivePage,
    severity: 'high',
    adr: '0002',
    requirements: ['US2.2'],
    title: "The app's live page can call the API, under its own policy",
    failed: "The app's live page cannot call the API",
    why: "A page's own Content-Security-Policy can forbid what the API allows.",
    fix: "Add the API to connect-src of the app's policy, and the app to CORS_ORIGINS.",
    sends:
      "With AUDIT_APP_PAGE=live the browser opens the page at AUDIT_APP_ORIGIN. Its script sends a simple GET and one with a token. Vercel's bypass secret is sent with the navigation only.",
    proof: 'The page returns 200 at its own origin, and its script reads both responses.',
    general: 'Test the deployed page, not only the API: its policy and the CORS policy of the API must agree.',
    sources: [],
    judge: ({ appPage }) => judgeAppPage(appPage),
  }),
  'app-scripts': check({
    ...onLivePage,
    severity: 'critical',
    adr: '0010',
    requirements: ['SC-002'],
    title: "The app's live page publishes no secret",
    failed: "The app's live page publishes a secret",
    why: 'A bundler writes an environment variable with the wrong prefix into a public script.',
    fix: 'Replace the secret, and keep it out of NEXT_PUBLIC_ and VITE_ variables.',
    sends: 'With AUDIT_APP_PAGE=live: the document and the other text that the page loads from its own origin, and every script.',
    proof: 'They contain no value of a secret that the audit was given.',
    general: 'Give a bundler public values only: it can publish every value that it can read.',
    sources: [],
    judge: ({ appPage }) => judgeAppScripts(appPage),
  }),
} satisfies Record<string, Check>;

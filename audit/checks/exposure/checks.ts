import { check } from '../check.ts';
import { conformanceEvidence } from './gather-conformance.ts';
import { spellingsEvidence } from './gather-spellings.ts';
import { judgeSpellings } from './judge-spellings.ts';
import { spellingClasses } from './spellings.ts';
import { forcedErrorsEvidence } from './gather-errors.ts';
import { pathsEvidence } from './gather.ts';
import { judgeConformance } from './judge-conformance.ts';
import { unsuccessful } from '../../contract/contract.ts';
import { judgeSurvival } from './judge-survival.ts';
import { createdPath } from '../self-check/gather-cleanup.ts';
import { EXPOSED_PATHS } from './exposed-paths.ts';
import { exposedPathsEvidence } from './gather-exposed-paths.ts';
import { judgeContractAbsent, judgeDocs, judgeErrors } from './judge.ts';
import { judgeExposedPaths } from './judge-exposed-paths.ts';
import { inputChecks } from './input-checks.ts';
import { statusClassesEvidence } from '../headers/gather.ts';
import { judgeBanner } from '../headers/judge-banner.ts';
import type { Check } from '../check.ts';

const common = { area: 'exposure', phase: 'send malformed input', needs: 'access' } as const;
const absence = {
  ...common,
  needsUsers: false,
  adr: '0013',
  requirements: ['FR-006'],
  measure: 'No docs, contract or files in production',
  file: 'service/routes/docs.ts',
  evidence: { paths: pathsEvidence },
} as const;
const problemDetails = { ...common, adr: '0022', requirements: ['ASVS'], measure: 'Errors as problem details, without internals' } as const;

export const exposure = {
  'docs-absent': check({
    ...absence,
    severity: 'medium',
    title: 'Interactive docs are absent',
    failed: 'Interactive docs are served',
    why: 'They show every operation of the API to anyone, and load third-party scripts.',
    fix: 'Leave API_DOCS unset in production.',
    sends:
      'Requests with a user token, if there are users, for well-known paths of interactive documentation that the contract does not document, at the root and below the path that precedes the collection, and for a random path in both places.',
    proof:
      'Each path returns the same 404 as a random path, apart from the path itself, ids and times. A redirect that removes the slash at the end is left to the path without it.',
    general: 'Serve documentation outside production, or only where a setting enables it.',
    sources: ['asvs-13.4.5', 'api9-2023'],
    judge: ({ paths }) => judgeDocs(paths),
  }),
  'contract-absent': check({
    ...absence,
    severity: 'medium',
    title: 'The contract is not served',
    failed: 'The contract is served',
    why: 'It describes every operation of the API in a form that tools can read.',
    fix: 'Leave API_DOCS unset in production.',
    sends:
      'Requests with a user token, if there are users, for well-known paths of OpenAPI and Swagger documents that the contract does not document, at the root and below the path that precedes the collection, and for a random path in both places.',
    proof:
      'Each path returns the same 404 as a random path, apart from the path itself, ids and times. A redirect that removes the slash at the end is left to the path without it.',
    general: 'Publish the contract with the sources or in a portal, not from production.',
    sources: ['asvs-13.4.5', 'api9-2023'],
    judge: ({ paths }) => judgeContractAbsent(paths),
  }),
  'files-absent': check({
    ...absence,
    severity: 'high',
    adr: '0022',
    requirements: ['SC-002'],
    file: 'service/app.ts',
    title: 'Files, consoles and operations endpoints are not served',
    failed: 'A file, a console or an operations endpoint is served',
    lesser: { 'path-guarded': { severity: 'low', failed: 'A response reveals a file, a console or an operations endpoint that it does not serve' } },
    why: 'Scanners request .env and .git first, and then the paths of consoles that deployments leave open.',
    fix: 'Serve no directory, and keep metrics and debug endpoints on a private port.',
    sends:
      'Requests with a user token, if there are users, for paths of twelve classes that the contract does not document, at the root and below the path that precedes the collection, such as /.env, /.git/HEAD, /dist/server.js.map, /actuator/env, /admin/queues and /adminer; and for random paths of the same forms.',
    proof:
      'Each path returns the same 404 as a random path, apart from the path itself and what differs between two requests for one path, or the rejection that every path of its form gets, such as every name with a leading dot. A redirect that removes the slash at the end is left to the path without it.',
    general: 'Serve no directory from an API, deploy without source control metadata, and keep operations endpoints on a private port.',
    sources: ['asvs-13.4.1', 'asvs-13.4.5', 'api8-2023'],
    classes: EXPOSED_PATHS,
    evidence: { exposedPaths: exposedPathsEvidence },
    cells: ({ exposedPaths }) => exposedPaths.cells,
    judge: ({ exposedPaths }) => judgeExposedPaths(exposedPaths),
  }),
  ...inputChecks,
  'path-spellings': check({
    ...common,
    severity: 'critical',
    adr: '0004',
    requirements: ['US2.3'],
    measure: "The owner's id in every query",
    file: 'service/app.ts',
    title: 'No spelling of a path or a method reaches the object of another tenant',
    failed: "A spelling of a path or a method reaches another tenant's object",
    why: 'Rules that depend on the path apply to one spelling of it, and routers serve several. Old versions and suffixes of formats are often routes without the rules of the current ones.',
    fix: 'Take the owner from the token in every query, and let no rule on access depend on the path.',
    sends:
      'For every operation on an object of every collection, with the token of another tenant: the path with other slashes, dot segments, encodings, case, characters at the end, suffixes, versions and prefixes; headers that name another path or method; other methods. The owner sends the same reads. A write is sent only where it names an object of this run.',
    proof:
      'No response to the other tenant contains the text of an object, and each owner finds its object unchanged. Any status, and a redirect, is a rejection. A response that only a proxy may have sent is not judged by other checks.',
    general: 'Authorize by the object that was found, not by the path that was requested. Remove routes of old versions.',
    sources: ['path-confusion', 'rfc3986-dots', 'api1-2023', 'api9-2023'],
    classes: spellingClasses,
    evidence: { spellings: spellingsEvidence },
    judge: ({ spellings }) => judgeSpellings(spellings),
    cells: ({ spellings }) => spellings.cells,
  }),
  'errors-without-internals': check({
    ...problemDetails,
    severity: 'high',
    file: 'service/middleware/problems.ts',
    title: 'Bad input gets client errors without internals',
    failed: 'Bad input is accepted or causes a server error, or an error has another form than declared or shows internals',
    why: 'Stack traces, paths, SQL and driver texts help attackers, and a 5xx for bad input is a bug.',
    fix: 'Use one error handler with fixed texts, and validate input before it reaches the database.',
    sends:
      'Bad input to every collection (of more than four, a third of it to most of them): ids out of range, NUL, quotes, wrong types, unknown fields, long text and the text of another object; to one of them also TRACE, a forged host, invalid encoding and deep nesting. One request for each documented client error. A request that gets a 5xx is repeated once. Every other error of the audit is inspected too.',
    proof:
      'Input that the contract forbids gets a client error, as problem+json where the contract declares that policy; permitted input may succeed. No error shows a stack trace, file path, SQL, driver text or the forged host, and a 404 contains the requested path only as the instance of the problem. A repeated 5xx fails; a single one is inconclusive.',
    general: 'Validate input with a schema before any other code, and write every error in one handler from fixed texts.',
    sources: ['rfc9457', 'asvs-16.5.1', 'api8-2023'],
    evidence: { forcedErrors: forcedErrorsEvidence, statusClasses: statusClassesEvidence },
    judge: ({ forcedErrors, statusClasses }, { responses }) => judgeErrors(forcedErrors, statusClasses, responses()),
  }),
  'survives-requests': check({
    ...problemDetails,
    severity: 'high',
    needs: 'target',
    file: 'service/middleware/problems.ts',
    title: 'No request stops the API, and none that the contract allows gets a 500',
    failed: 'A request stops the API, or one that the contract allows gets a 500',
    why: 'Any caller who can send such a request can stop the service for all users.',
    fix: 'Find the request in the log by its time, and handle what it throws.',
    sends:
      'A read of health after each request that got no response, 500, 502 or 504, and another one three seconds later where health did not respond. A request like one that stopped the API is not sent again.',
    proof:
      'Health responds after each failure, and no documented operation on an object of this run returned 500 to a request that the contract allows. A 503 is inconclusive, and so is a target that did not respond before.',
    general: 'Let one handler turn every exception into a response, and let the platform restart a process that exits.',
    sources: ['api4-2023', 'asvs-16.5.2'],
    phase: 'judge every response',
    evidence: {},
    judge: (_, { contract, entries, exchanges }) =>
      judgeSurvival(exchanges(), new Set(entries().flatMap((entry) => createdPath(entry, contract.resources))), contract),
  }),
  'answers-as-documented': check({
    ...problemDetails,
    severity: 'high',
    adr: '0019',
    title: 'Responses match the contract and have no undocumented fields',
    failed: 'A response differs from the contract',
    why: 'An undocumented field can leak data (API3:2023), and a missing one breaks the app.',
    fix: 'Build responses from the schemas that the contract is generated from, never from a whole row.',
    sends:
      'A GET request of one tenant to each documented path without an id that no other check has read. Every complete JSON response of the audit is compared with the schema of its operation and status.',
    proof:
      'Each response matches, and a success has no undocumented field or status. Every operation with a response body that the audit may execute succeeded at least once.',
    general: 'Build responses field by field from the schemas that the contract is generated from.',
    sources: ['api3-2023', 'asvs-15.3.1', 'openapi'],
    phase: 'judge every response',
    evidence: { conformance: conformanceEvidence },
    judge: ({ conformance }, { contract }) => judgeConformance(conformance, contract.operations, unsuccessful(contract)),
  }),
  'server-banner': check({
    ...problemDetails,
    severity: 'medium',
    file: 'service/app.ts',
    title: 'No header names the framework, a version, a host or a query',
    failed: 'A header names a host, a query or a debugger',
    lesser: { banner: { severity: 'low', failed: 'A response names the framework or a version' } },
    why: 'Known versions have known vulnerabilities, and internal names and queries show how the system is built.',
    fix: 'Disable X-Powered-By, and set no header for debugging.',
    sends: 'Nothing. Every response of the audit is inspected.',
    proof:
      'No response has X-Powered-By, another header that the OWASP Secure Headers Project lists for removal, or a version header such as X-AspNet-Version. No Server header names a framework or contains a digit, and no Via header names a product with its version. No header is one for debugging, such as X-Debug-Token or X-SQL, states an instance, or contains a private address or a query.',
    general: 'Disable the header in the framework, and remove versions at the edge.',
    sources: ['asvs-13.4.6', 'headers-to-remove'],
    phase: 'judge every response',
    evidence: {},
    judge: (_, { responses }) => judgeBanner(responses()),
  }),
} satisfies Record<string, Check>;

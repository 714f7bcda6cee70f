import { combine } from '../../model/verdict.ts';
import { type AttackClass, type Check, check } from '../check.ts';
import { CONTRADICTIONS } from './contradictions.ts';
import { contradictionsEvidence } from './gather-contradictions.ts';
import { conditionsEvidence, oddIdsEvidence, oddRequestsEvidence } from './gather-odd.ts';
import { queriesEvidence, QUERY_ROWS } from './gather-queries.ts';
import { SIMILAR, similarUsersEvidence } from './gather-similar-users.ts';
import { LIST_ROWS, totalsEvidence } from './gather-totals.ts';
import { USER_ROWS, userListsEvidence } from './gather-user-lists.ts';
import { judgeContradictions } from './judge-contradictions.ts';
import { judgePairs } from './judge-pairs.ts';
import { judgeQueries } from './judge-queries.ts';
import { judgeSimilarUsers } from './judge-similar-users.ts';
import { judgeTotals } from './judge-totals.ts';
import { judgeUserLists } from './judge-user-lists.ts';
import { ODD_IDS } from './odd-ids.ts';
import { CONDITIONS, ODD_REQUESTS } from './odd-requests.ts';

const common = {
  area: 'isolation',
  severity: 'critical',
  adr: '0004',
  requirements: ['US2.3'],
  measure: "The owner's id in every query",
  needs: 'access',
} as const;

const EXISTENCE = { severity: 'medium', failed: 'A tenant can find out by unusual requests which objects of others exist' } as const;
const LIST_LESSER = { 'total-differs': { severity: 'medium', failed: 'A list counts objects that the tenant does not own' } } as const;

const classesOf = (rows: readonly { name: string }[], source: AttackClass['source']): AttackClass[] => rows.map(({ name }) => ({ name, source }));
const named = (names: readonly string[], source: AttackClass['source']): AttackClass[] => names.map((name) => ({ name, source }));

/** Isolation as matrices: classes of attack by every operation and list of every collection. */
export const isolationBreadth = {
  'isolation-odd-ids': check({
    ...common,
    file: 'service/values.ts',
    title: "No other spelling of an id reaches another tenant's object",
    failed: "Another spelling of an id reaches another tenant's object",
    lesser: { 'existence-shown': { severity: 'medium', failed: 'A tenant can find out by other spellings of an id which objects of others exist' } },
    why: 'An authorization check that compares the text of an id and a query that parses it can see two different objects.',
    fix: 'Parse the id once, strictly, and pass the result to the query together with the owner.',
    sends:
      'Another tenant requests an object with leading zeros, signs, fractions, exponents, other bases, numbers that wrap around, spaces, suffixes, percent-encoding, lists of ids, path parameters, dot segments and full-width characters; for UUIDs also braces and no dashes. Writes are sent where each spelling certainly names an object of this run.',
    proof:
      'No response contains the text of the object, and its owner finds it unchanged. A rejection other than 400, 404 or 422 is the same for an object that does not exist, spelled in the same way.',
    general: 'Accept one canonical spelling of an id, and use the parsed value for both the authorization and the query.',
    sources: ['api1-2023', 'wstg-idor', 'asvs-8.2.2', 'asvs-1.1.1'],
    classes: classesOf(ODD_IDS, 'wstg-idor'),
    evidence: { oddIds: oddIdsEvidence },
    judge: ({ oddIds }) => judgePairs(oddIds, 'another spelling of an id'),
    cells: ({ oddIds }) => oddIds.flatMap(({ cells }) => cells),
  }),
  'isolation-odd-requests': check({
    ...common,
    file: 'service/routes/tasks.ts',
    title: "No condition, range, body, query or format shows or changes another tenant's object, or that it exists",
    failed: "An unusual request shows or changes another tenant's object",
    lesser: { 'existence-shown': EXISTENCE },
    why: 'What is checked before the owner, such as a body, an ETag or a format, responds differently for objects that exist.',
    fix: 'Look the object up among those of its owner before anything that depends on it is checked.',
    sends:
      'Two other tenants send each operation on an object with conditions (If-Match, If-None-Match, times), ranges, invalid and large bodies, other content types, long and unusual queries, other formats, HEAD and undocumented methods. Each request is also sent for an object that does not exist, and both again where they differ.',
    proof:
      'Both get the same response: status, body and values of headers. What differs between two identical requests does not count. The owner finds its object unchanged.',
    general: 'Put the owner into the condition of the query that loads the object, and check everything else after it or without it.',
    sources: ['api1-2023', 'rfc9110-conditions', 'asvs-8.2.2', 'wstg-idor'],
    classes: [...classesOf(CONDITIONS, 'rfc9110-conditions'), ...classesOf(ODD_REQUESTS, 'wstg-idor')],
    evidence: { conditions: conditionsEvidence, oddRequests: oddRequestsEvidence },
    judge: ({ conditions, oddRequests }) =>
      combine([judgePairs(conditions, 'a condition or a range'), judgePairs(oddRequests, 'an unusual body, query, format or method')]),
    cells: ({ conditions, oddRequests }) => [...conditions, ...oddRequests].flatMap(({ cells }) => cells),
  }),
  'isolation-contradictions': check({
    ...common,
    file: 'service/tasks/schema.ts',
    title: 'An owner or id in a query, a body or headers that contradicts the path has no effect on other tenants',
    failed: 'A query, a body or a header that names another tenant reaches its objects',
    lesser: LIST_LESSER,
    why: 'Where the id or the owner can be stated in several places, one is authorized and another is used.',
    fix: 'Take the id from the path and the owner from the token, and ignore or reject every other statement of them.',
    sends:
      "On every operation, list and lookup: the id of another tenant's object in query parameters and bodies under the contract's name and common ones, conditions on it, another owner in queries, headers and bodies, and parameters for a wider scope. All names of a class are sent in one request, and one by one where that is rejected.",
    proof:
      "Every response contains and counts only the caller's objects. The owner finds its object unchanged, and its list has no object of the other tenant.",
    general: 'Read each value from one place, and list the fields and parameters that a request may have.',
    sources: ['api1-2023', 'api3-2023', 'asvs-15.3.3', 'wstg-pollution'],
    classes: classesOf(CONTRADICTIONS, 'api3-2023'),
    evidence: { contradictions: contradictionsEvidence },
    judge: ({ contradictions }) => judgeContradictions(contradictions),
    cells: ({ contradictions }) => contradictions.flatMap(({ cells }) => cells),
  }),
  'isolation-of-queries': check({
    ...common,
    file: 'service/tasks/queries.ts',
    title: "Filters in pairs, boundary pages and searches for wildcards return and count only the caller's objects",
    failed: "A combination of filters, a page or a search returns another tenant's objects",
    lesser: LIST_LESSER,
    why: 'Each filter, page and search can have a query of its own, and one of them can lack the owner.',
    fix: 'Start every query from the owner of the verified token, and put alternatives into brackets.',
    sends:
      'On every list and lookup: every two values of different enumerated filters together, the page after the last one, a page far after it, the largest page, sizes beyond it, the second page of one object, and searches for nothing, one letter and wildcards, while another tenant owns objects that match.',
    proof: "Each response contains and counts only the caller's objects, or is a rejection.",
    general: 'Build all queries of a collection on one that has the owner as its condition.',
    sources: ['api1-2023', 'asvs-8.2.2', 'asvs-8.4.1'],
    classes: named(Object.values(QUERY_ROWS), 'api1-2023'),
    evidence: { queries: queriesEvidence },
    judge: ({ queries }) => judgeQueries(queries),
    cells: ({ queries }) => queries.flatMap(({ cells }) => cells),
  }),
  'isolation-of-similar-users': check({
    ...common,
    file: 'service/tasks/queries.ts',
    title: 'A user whose id resembles that of another sees none of its objects',
    failed: 'A user whose id resembles that of another sees its objects',
    why: 'Ids are compared as a prefix, as a pattern, or without case and spaces more often than intended.',
    fix: 'Compare the owner for equality, in a column whose collation distinguishes case.',
    sends:
      'Reads of objects, lists and lookups with tokens of users whose ids are a prefix or an extension of that of a tenant, or have another case, spaces, wildcards, separators or quotes. They create nothing. The audit must be able to sign tokens.',
    proof: "No response contains the text of the tenant's object. An API may reject such a user.",
    general: 'Compare user ids byte by byte, and never as part of a pattern or of a composed text.',
    sources: ['api1-2023', 'asvs-8.4.1'],
    classes: classesOf(SIMILAR, 'api1-2023'),
    evidence: { similarUsers: similarUsersEvidence },
    judge: ({ similarUsers }) => judgeSimilarUsers(similarUsers),
    cells: ({ similarUsers }) => similarUsers.flatMap(({ cells }) => cells),
  }),
  'isolation-of-totals': check({
    ...common,
    severity: 'medium',
    file: 'service/db/page.ts',
    phase: 'disturb others',
    title: 'Totals, links and validators of a list do not change when another tenant creates objects',
    failed: 'A list reveals how many objects other tenants create',
    why: 'A count without the owner reveals how much others use the API, and often stems from a query that also returns their objects.',
    fix: "Count the owner's rows only, and derive links and ETags from the response.",
    sends:
      'Every list and lookup as a whole, as a page of one object, as a page after the last and with HEAD: twice before another tenant creates objects, after its first one, and twice after more.',
    proof: 'No header and no part of the body changes with each creation while it is equal in the two reads without one.',
    general: 'Compute totals, links and validators from the same query as the page.',
    sources: ['api1-2023', 'asvs-8.4.1'],
    classes: named(Object.values(LIST_ROWS), 'api1-2023'),
    evidence: { totals: totalsEvidence },
    judge: ({ totals }) => judgeTotals(totals),
    cells: ({ totals }) => totals.flatMap(({ cells }) => cells),
  }),
  'isolation-of-user-lists': check({
    ...common,
    severity: 'high',
    file: 'service/app.ts',
    title: 'No undocumented path names other users',
    failed: 'An undocumented path names other users',
    why: 'Endpoints for administration and debugging list all users, and are often left without a check of the role.',
    fix: 'Remove the route, or require a role for it.',
    sends: 'A tenant requests paths below the base path of the API at which APIs list users, show one user, or report on all (GET only).',
    proof: 'No successful response contains the id of another tenant that owns an object.',
    general: 'Serve administration from another deployment, or check the role on every route.',
    sources: ['api5-2023', 'api9-2023', 'asvs-8.2.1'],
    classes: named(Object.values(USER_ROWS), 'api5-2023'),
    evidence: { userLists: userListsEvidence },
    judge: ({ userLists }) => judgeUserLists(userLists),
    cells: ({ userLists }) => userLists.cells,
  }),
} satisfies Record<string, Check>;

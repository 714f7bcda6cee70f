import { combine } from '../../model/verdict.ts';
import { type Check, check } from '../check.ts';
import { listsEvidence } from './gather-lists.ts';
import { callerPathsEvidence } from './gather-caller-paths.ts';
import { judgeCallerPaths } from './judge-caller-paths.ts';
import { referencesEvidence } from './gather-references.ts';
import { isolationEvidence } from './gather.ts';
import { judgeLists } from './judge-lists.ts';
import { judgeOwnership, judgeOwnersIn } from './judge-ownership.ts';
import { judgeReferences } from './judge-references.ts';
import { judgeAnonymous, judgeIsolationById } from './judge.ts';
import { tokensEvidence } from '../tokens/gather.ts';

const common = {
  area: 'isolation',
  severity: 'critical',
  adr: '0004',
  requirements: ['US2.3'],
  measure: "The owner's id in every query",
  needs: 'access',
} as const;

export const isolation = {
  'isolation-by-id': check({
    ...common,
    file: 'service/tasks/queries.ts',
    title: "Another tenant's object gets the same response as one that never existed, for every operation, and is not changed",
    failed: "A tenant can reach another tenant's object by its id",
    lesser: {
      'owner-lost': { severity: 'high', failed: 'The owner could not read its object while other tenants requested it' },
      'neighbor-changed': { severity: 'high', failed: 'An operation on one object changes another one of the same owner' },
      'existence-shown': { severity: 'medium', failed: 'A tenant can find out which ids belong to objects of other tenants' },
      'wrong-status': { severity: 'low', failed: 'An id that no object has does not get 404' },
    },
    why: 'Broken object level authorization is the first of the OWASP API risks (API1:2023).',
    fix: "Add the owner's id to the condition of the query, and return 404 when nothing matches.",
    sends:
      "Two other tenants try every operation of every collection on eight objects of one tenant (fewer for large contracts; three with two given tokens). Some attempts name the owner in a query, a header or the path, or use HEAD. The owner reads meanwhile. The same for an id that never existed (for writes one that the other tenant created and deleted, because a made-up id could belong to a user), and finally by the owner. Then a creation with the id of another tenant's object.",
    proof:
      'The owner reads each object first. The other tenants get the same 404 as for an id that does not exist, headers included, and no text of an object. The owner finds each object unchanged and not overwritten, and may execute the operations. Every owner named in a response is the caller. A path that names another user returns a client error for every operation on an object.',
    general: 'Make the owner part of the condition of every query, instead of comparing it after loading an object.',
    sources: ['api1-2023', 'asvs-8.2.2', 'asvs-8.4.1', 'rfc9110-404'],
    evidence: { isolation: isolationEvidence, callerPaths: callerPathsEvidence },
    judge: ({ isolation, callerPaths }, context) =>
      combine([judgeIsolationById(isolation), ...judgeCallerPaths(callerPaths), ...judgeOwnersIn(isolationEvidence, context)]),
  }),
  'isolation-in-lists': check({
    ...common,
    file: 'service/tasks/queries.ts',
    title: "Lists contain only the caller's objects, whatever a query or header claims, also under concurrent requests",
    failed: "A list or a concurrent read returns another tenant's objects",
    lesser: {
      'quote-breaks-query': { severity: 'high', failed: 'A quote in a search causes a server error' },
      'total-differs': { severity: 'medium', failed: 'A list counts more objects than it contains' },
      'taken-by-another': { severity: 'medium', failed: 'A tenant cannot create an object that another tenant has' },
      'wrong-status': { severity: 'low', failed: 'A list returns another status than 200' },
    },
    why: 'An owner filter is most easily forgotten in lists, counts and searches.',
    fix: 'Start every query from the owner of the verified token.',
    sends:
      "For every collection: the lists of both tenants, attempts to act as the other tenant, every documented filter and page, suggestions with and without a text, searches for quotes that could end a query's condition, the same creation by both, and concurrent reads and creations whose bodies arrive in two parts.",
    proof:
      "Each list contains and counts only its owner's objects. Attempts to act as the other tenant and quotes have no effect. Suggestions find a text for its owner only. Each tenant can create the same object. Concurrent requests do not mix the tenants, and every owner named in a response is the caller.",
    general: 'Derive the owner from the verified token in one place, pass it to every query, and store no state of a request in the process.',
    sources: ['api1-2023', 'asvs-8.2.2', 'asvs-8.4.1'],
    evidence: { lists: listsEvidence },
    judge: ({ lists }, context) => combine([...lists.map(judgeLists), ...judgeOwnersIn(listsEvidence, context)]),
  }),
  'isolation-of-references': check({
    ...common,
    adr: '0026',
    file: 'service/db/migrations.ts',
    title: "A reference to another tenant's object gets the same response as one to an object that never existed, and no filter shows it",
    failed: "An object can refer to another tenant's object",
    lesser: {
      'existence-shown': { severity: 'medium', failed: 'A reference reveals which ids belong to objects of other tenants' },
      'wrong-status': { severity: 'low', failed: 'A read after the references returns another status than 200' },
    },
    why: "A reference can show another tenant's object, or reveal that it exists, without a check of its own id.",
    fix: 'Include the owner in the foreign keys, and respond to an id of another tenant as to an unknown one.',
    sends:
      "Each tenant creates an object that refers to its own. One tenant also refers to an object of the other and to one that never existed, by creation and by update, and reads its list, also filtered by the other tenant's object.",
    proof:
      "The reference to the own object is accepted. The one to the other tenant's object gets the same rejection as one to an object that never existed, and no response contains its text. Where no collection refers to another, the check does not apply.",
    general: "Look up references among the owner's rows, and let a composite foreign key that includes the owner prevent the rest.",
    sources: ['api1-2023', 'asvs-8.2.2', 'asvs-8.4.1'],
    evidence: { references: referencesEvidence },
    judge: ({ references }, context) => combine([judgeReferences(references), ...judgeOwnersIn(referencesEvidence, context)]),
  }),
  'isolation-of-ownership': check({
    ...common,
    file: 'service/tasks/schema.ts',
    title: 'No tenant can create an object with another tenant as owner',
    failed: 'A tenant can create an object with another tenant as owner',
    lesser: { 'unexpected-status': { severity: 'low', failed: 'A creation that names another owner gets an unexpected status' } },
    why: 'Mass assignment (API3:2023) places data in other accounts.',
    fix: 'Take the owner from the token, and reject unknown fields.',
    sends:
      'A creation and an update whose bodies name the other tenant as owner. The same creation by both tenants, with the same Idempotency-Key where the contract has one.',
    proof:
      'The field is rejected or ignored, and the list of the other tenant does not contain the object. The same creation by both tenants creates two objects.',
    general: 'List the fields that a request may set, and take the owner from the token.',
    sources: ['api3-2023', 'asvs-8.2.3', 'asvs-15.3.3'],
    evidence: { lists: listsEvidence },
    judge: ({ lists }) => combine(lists.map(judgeOwnership)),
  }),
  'isolation-anonymous': check({
    ...common,
    severity: 'high',
    file: 'service/app.ts',
    title: 'Without a token an existing object and a random id get the same response; a deleted object is gone for every caller',
    failed: 'An object is accessible without a token, or after its deletion',
    lesser: { 'existence-shown': { severity: 'medium', failed: 'Unauthenticated callers can find out which objects exist' } },
    why: 'The existence of an object is information, and ids can be enumerated.',
    fix: 'Verify the token before the object is looked up.',
    sends:
      'Without a token an object that exists and an id that never existed. Then an object of every collection is deleted: another tenant reads it, and its owner tries every operation on it.',
    proof: 'Both requests without a token get the same rejection. After the deletion every request returns 404.',
    general: 'Authenticate before anything is looked up, and return the same response for absent objects and those of others.',
    sources: ['api1-2023', 'rfc9110-404', 'rfc9110-401'],
    evidence: { isolation: isolationEvidence, tokens: tokensEvidence, lists: listsEvidence },
    judge: ({ isolation, tokens, lists }) => {
      const unknown = lists.find(({ anonymousUnknown }) => anonymousUnknown !== undefined)?.anonymousUnknown;
      return judgeAnonymous({ existing: tokens.control, ownerRead: tokens.after, ...(unknown && { unknown }) }, isolation);
    },
  }),
} satisfies Record<string, Check>;

import { combine } from '../../model/verdict.ts';
import { check } from '../check.ts';
import { listsEvidence } from './gather-lists.ts';
import { referencesEvidence } from './gather-references.ts';
import { isolationEvidence } from './gather.ts';
import { judgeLists } from './judge-lists.ts';
import { judgeOwnership, judgeOwnersIn } from './judge-ownership.ts';
import { judgeReferences } from './judge-references.ts';
import { judgeAnonymous, judgeIsolationById } from './judge.ts';
import { tokensEvidence } from '../tokens/gather.ts';
import type { Check } from '../check.ts';

export const isolation = {
  'isolation-by-id': check({
    area: 'isolation',
    severity: 'critical',
    adr: '0004',
    requirements: ['US2.3'],
    measure: "The owner's id in every query",
    file: 'service/tasks/queries.ts',
    title: "Another tenant's object is as absent as one that never existed, for every operation, and stays as it was",
    failed: "A tenant can reach another tenant's object by its id",
    why: 'Broken object level authorization is the first of the OWASP API risks (API1:2023).',
    fix: "Put the owner's id into the query's condition, and answer 404 when nothing matches.",
    sends:
      'Every operation of every collection on eight objects of one tenant (three with two given tokens), by two other tenants, while the owner reads; again with a query and a header that name the owner, and HEAD beside GET. The same for an id that never existed (writes: for an object that the other tenant created and deleted, because a made-up id could belong to a user), and at last by the owner. Then a creation that sends the id of an object of the other tenant.',
    proof:
      'The owner reads each object first. The other tenants get the same 404 as for an id that does not exist, headers included, and no text of any of the objects. The owner finds each of them unchanged and not overwritten, and may carry out the operations itself. Every owner named in a response is the caller.',
    general: "Make the owner part of every query's condition, instead of loading an object and comparing afterwards.",
    sources: ['api1-2023', 'asvs-8.2.2', 'asvs-8.4.1', 'rfc9110-404'],
    needs: 'access',
    evidence: { isolation: isolationEvidence },
    ahead: [listsEvidence, referencesEvidence],
    judge: ({ isolation }, context) => combine([judgeIsolationById(isolation), ...judgeOwnersIn(isolationEvidence, context)]),
  }),
  'isolation-in-lists': check({
    area: 'isolation',
    severity: 'critical',
    adr: '0004',
    requirements: ['US2.3'],
    measure: "The owner's id in every query",
    file: 'service/tasks/queries.ts',
    title: "Lists hold one's own objects alone, whatever a query or header claims, also twenty at once",
    failed: "A list or a parallel read shows another tenant's objects",
    why: 'Lists, counts and searches are where an owner filter is forgotten.',
    fix: 'Start every query from the owner of the verified token.',
    sends:
      "For every collection: both tenants' lists, the other's with hints to be the owner, every filter and page of the contract, suggestions with and without a text, searches for quotes and for what would end a query's condition, the same creation by both, and many reads and creations at once, whose bodies come in two pieces.",
    proof:
      "Each list holds its owner's objects and counts no others; hints and quotes change nothing; suggestions find the text for its owner alone; what one tenant has is not refused to the other; nothing crosses in parallel, and whatever names an owner names the one who asked.",
    general: 'Derive the owner from the verified token in one place, hand it to every query, and keep no state of a request in the process.',
    sources: ['api1-2023', 'asvs-8.2.2', 'asvs-8.4.1'],
    needs: 'access',
    evidence: { lists: listsEvidence },
    judge: ({ lists }, context) => combine([...lists.map(judgeLists), ...judgeOwnersIn(listsEvidence, context)]),
  }),
  'isolation-of-references': check({
    area: 'isolation',
    severity: 'critical',
    adr: '0026',
    requirements: ['US2.3'],
    measure: "The owner's id in every query",
    file: 'service/db/migrations.ts',
    title: "Nobody can attach or filter by another's object: it is as absent as one that never existed",
    failed: "An object can refer to another tenant's",
    why: 'A reference to a foreign object shows it, or tells that it exists, past every check on its own id.',
    fix: 'Put the owner into the foreign keys, and answer a foreign id like an unknown one.',
    sends:
      "Each tenant writes an object that refers to its own. One also refers to the other's and to what never existed, by creation and by update, and reads its list, plain and filtered by what is the other's.",
    proof:
      "The own reference is taken; the other's is refused exactly as one to what never existed, and nothing of it is shown. Where no collection refers to another, the check does not apply.",
    general: "Look references up within the owner's rows, and let a foreign key that holds the owner too forbid the rest.",
    sources: ['api1-2023', 'asvs-8.2.2', 'asvs-8.4.1'],
    needs: 'access',
    evidence: { references: referencesEvidence },
    judge: ({ references }, context) => combine([judgeReferences(references), ...judgeOwnersIn(referencesEvidence, context)]),
  }),
  'isolation-of-ownership': check({
    area: 'isolation',
    severity: 'critical',
    adr: '0004',
    requirements: ['US2.3'],
    measure: "The owner's id in every query",
    file: 'service/tasks/schema.ts',
    title: 'Nobody can create an object in the name of another',
    failed: 'An object can be created in the name of another',
    why: 'Mass assignment (API3:2023) plants data in other accounts.',
    fix: 'Take the owner from the token, and refuse unknown fields.',
    sends:
      'A creation and an update whose bodies name the other tenant as owner, and the same creation by both, with the same Idempotency-Key where the contract has one.',
    proof: "The field is refused or ignored, and the other's list holds nothing of it. The same request by both makes two objects.",
    general: 'List the fields a request may set, and take the owner from the token.',
    sources: ['api3-2023', 'asvs-8.2.3', 'asvs-15.3.3'],
    needs: 'access',
    evidence: { lists: listsEvidence },
    judge: ({ lists }) => combine(lists.map(judgeOwnership)),
  }),
  'isolation-anonymous': check({
    area: 'isolation',
    severity: 'high',
    adr: '0004',
    requirements: ['US2.3'],
    measure: "The owner's id in every query",
    file: 'service/app.ts',
    title: 'Without a token an existing object and a random id look the same; a deleted one is gone for all',
    failed: 'Strangers can tell which objects exist',
    why: 'Existence is information, and ids can be counted through.',
    fix: 'Check the token before the object is looked up.',
    sends:
      'Without a token, an object that exists and an id that never did. Then an object of every collection is deleted: the other reads it, and its owner tries every operation on it.',
    proof: 'The same 401 for both; after the deletion 404 for all.',
    general: 'Authenticate before anything is looked up, and answer alike for what is absent and what is not yours.',
    sources: ['api1-2023', 'rfc9110-404', 'rfc9110-401'],
    needs: 'access',
    evidence: { isolation: isolationEvidence, tokens: tokensEvidence, lists: listsEvidence },
    judge: ({ isolation, tokens, lists }) => {
      const unknown = lists.find(({ anonymousUnknown }) => anonymousUnknown !== undefined)?.anonymousUnknown;
      return judgeAnonymous({ existing: tokens.control, ownerRead: tokens.after, ...(unknown && { unknown }) }, isolation);
    },
  }),
} satisfies Record<string, Check>;

import type { Exchange } from '../../model/exchange.ts';
import type { ReferencesEvidence } from './gather-references.ts';
import { described, requestLine, cannotTell, comparable, expectStatus, isCreated } from '../../model/response.ts';
import { variationOf } from '../../model/variation.ts';
import type { Variation } from '../../model/words.ts';
import { failsOnlyFor } from './judge.ts';
import { conclude, notApplicable, type Observation, requireAttempts, type Verdict, expect, observePass, observeDoubt } from '../../model/verdict.ts';

/** A reference to an object of another tenant gets the same rejection as one to an object that never existed, and reveals nothing. */
export function judgeReferences(references: ReferencesEvidence): Verdict {
  if (references.length === 0) return notApplicable('No collection of the contract refers to another.');
  return conclude(
    references.flatMap(({ name, ofA, ofB, own, ofAToOwn, attempts, after, list, filtered }) => [
      accepted(name, own, ofB.text),
      accepted(name, ofAToOwn, ofA.text),
      ...requireAttempts(`${name}: references to another tenant's object`, attempts),
      ...failsOnlyFor(
        attempts.map(({ foreign }) => foreign),
        attempts.map(({ unknown }) => unknown),
      ),
      ...attempts.flatMap(({ foreign, unknown }) => rejected(foreign, unknown, ofA.text, variationOf(attempts.map((attempt) => attempt.unknown)))),
      ...[after, list, ...filtered].map((exchange) => hides(exchange, ofA.text)),
    ]),
    `${references.map(({ name }) => name).join(', ')}: a reference to another tenant's object got the same rejection as one to an object that never existed, and no response contained its text.`,
  );
}

function accepted(name: string, own: Exchange, text: string): Observation {
  return isCreated(own) && own.response?.body.includes(text) === true
    ? observePass('own-reference', own)
    : observeDoubt(
        'control-failed',
        `${name}: a reference to the tenant's own object was not accepted (${own.response?.status ?? 'no response'})`,
        own,
      );
}

function rejected(foreign: Exchange, unknown: Exchange, text: string, variation: Variation): Observation[] {
  const doubt = cannotTell(foreign) ?? cannotTell(unknown);
  if (doubt) return [doubt];
  const status = foreign.response?.status ?? 0;
  return [
    expect(
      [400, 403, 404, 409, 422].includes(status) && !(foreign.response?.body.includes(text) ?? false),
      'foreign-reference',
      `${requestLine(foreign)}: a reference to another tenant's object returned ${status}${foreign.response?.body.includes(text) === true ? ' with its text' : ''}`,
      foreign,
    ),
    expect(
      comparable(foreign, variation) === comparable(unknown, variation) && unknown.response?.status === status,
      'existence-shown',
      `${requestLine(foreign)}: the response for another tenant's object differs from the one for an object that never existed`,
      foreign,
      unknown,
    ),
  ];
}

function hides(exchange: Exchange, text: string): Observation {
  const status = expectStatus(exchange, 200);
  if (status.outcome !== 'pass') return status;
  return expect(
    exchange.response?.body.includes(text) === false,
    'data-shown',
    `${described(exchange)} returned the text of another tenant's object`,
    exchange,
  );
}

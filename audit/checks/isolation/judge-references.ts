import type { Exchange } from '../../model/exchange.ts';
import type { ReferencesEvidence } from './gather-references.ts';
import { requestLine, cannotTell, comparable, expectStatus, isCreated } from '../../model/response.ts';
import { failsOnlyFor } from './judge.ts';
import { conclude, notApplicable, type Observation, requireAttempts, type Verdict, expect, observePass, observeDoubt } from '../../model/verdict.ts';

/** Nobody can refer to what is another's: it is refused like what never existed, and nothing of it is shown. */
export function judgeReferences(references: ReferencesEvidence): Verdict {
  if (references.length === 0) return notApplicable('No collection of the contract refers to another.');
  return conclude(
    references.flatMap(({ name, ofA, ofB, own, ofAToOwn, attempts, after, list, filtered }) => [
      taken(name, own, ofB.text),
      taken(name, ofAToOwn, ofA.text),
      ...requireAttempts(`${name}: references to another's`, attempts),
      ...failsOnlyFor(
        attempts.map(({ foreign }) => foreign),
        attempts.map(({ unknown }) => unknown),
      ),
      ...attempts.flatMap(({ foreign, unknown }) => refused(foreign, unknown, ofA.text)),
      ...[after, list, ...filtered].map((exchange) => shows(exchange, ofA.text)),
    ]),
    `${references.map(({ name }) => name).join(', ')}: another's was refused like what never existed, and shown nowhere.`,
  );
}

function taken(name: string, own: Exchange, text: string): Observation {
  return isCreated(own) && own.response?.body.includes(text) === true
    ? observePass('own-reference', own)
    : observeDoubt('control-failed', `${name}: a reference to its own was not taken (${own.response?.status ?? 'no answer'})`, own);
}

function refused(foreign: Exchange, unknown: Exchange, text: string): Observation[] {
  const doubt = cannotTell(foreign) ?? cannotTell(unknown);
  if (doubt) return [doubt];
  const status = foreign.response?.status ?? 0;
  return [
    expect({
      holds: [400, 404, 409, 422].includes(status) && !(foreign.response?.body.includes(text) ?? false),
      code: 'foreign-reference',
      otherwise: `${requestLine(foreign)}: a reference to another tenant's object answered ${status}`,
      evidence: [foreign],
    }),
    expect({
      holds: comparable(foreign) === comparable(unknown) && unknown.response?.status === status,
      code: 'existence-shown',
      otherwise: `${requestLine(foreign)}: a reference to another tenant's object is answered otherwise than one to what never existed`,
      evidence: [foreign, unknown],
    }),
  ];
}

function shows(exchange: Exchange, text: string): Observation {
  const status = expectStatus(exchange, 200);
  if (status.outcome !== 'pass') return status;
  return expect({
    holds: exchange.response?.body.includes(text) === false,
    code: 'data-shown',
    otherwise: `${requestLine(exchange)} (${exchange.purpose}) shows another tenant's object`,
    evidence: [exchange],
  });
}

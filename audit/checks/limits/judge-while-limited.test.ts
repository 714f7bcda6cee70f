import type { Exchange } from '../../model/exchange.ts';
import { conclude, type Verdict } from '../../model/verdict.ts';
import { examine, exchange, found, LIST, nth, problem, removeResponse, setResponse } from '../../test/exchanges.ts';
import type { NeverLimited, WhileLimited, WhileLimitedEvidence } from './gather-while-limited.ts';
import { anonymousStaysLimited, othersNotLimited, tenantStaysLimited } from './judge-while-limited.ts';

const limited = (actor: Exchange['actor'], purpose: string): Exchange =>
  exchange({ path: LIST, actor, purpose }, problem(429, { 'retry-after': '30' }));

function series(actor: Exchange['actor']): WhileLimited {
  return {
    limited: limited(actor, 'exhausts the limit'),
    attempts: ['a forged address', 'a forged token of another tenant'].map((purpose) => limited(actor, purpose)),
    spellings: [limited(actor, 'the path in upper case')],
    after: limited(actor, 'a plain request while the caller is limited'),
  };
}

const neverLimited = (): NeverLimited => ({
  sent: 608,
  last: exchange({ path: LIST, actor: 'anonymous', purpose: 'exhausts the limit' }, problem(401)),
});

type Of<Series> = { series: Series };
const judgeTenant = ({ series: given }: Of<WhileLimited | NeverLimited>): Verdict => conclude(tenantStaysLimited(given), 'It held.');
const judgeAnonymous = ({ series: given }: Of<WhileLimited | NeverLimited>): Verdict => conclude(anonymousStaysLimited(given), 'It held.');

/** A 429 shows that the caller is limited. */
const LIMITED = 'the caller is limited';
const ignores = {
  'series.limited: 429': LIMITED,
  'series.attempts[*]: 429': LIMITED,
  'series.spellings[*]: 429': LIMITED,
  'series.after: 429': LIMITED,
};

examine(
  'tenantStaysLimited',
  judgeTenant,
  () => ({ series: series('limited tenant') }),
  [
    ['a header gives a fresh bucket', (e) => setResponse(nth(e.series.attempts), { status: 200 }), 'fail', 'fresh-bucket'],
    ['a credential in another form is rejected', (e) => setResponse(nth(e.series.attempts), problem(401)), 'pass'],
    ['a path in upper case is another path', (e) => setResponse(nth(e.series.spellings), problem(404)), 'pass'],
    ['a path in upper case is served', (e) => setResponse(nth(e.series.spellings), { status: 200 }), 'fail', 'fresh-bucket'],
    ['the limit ended meanwhile', (e) => setResponse(e.series.after, { status: 200 }), 'inconclusive', 'window-turned'],
    ['an attempt got no response', (e) => removeResponse(nth(e.series.attempts)), 'inconclusive', 'no-answer'],
  ],
  { ignores },
);

examine(
  'anonymousStaysLimited',
  judgeAnonymous,
  () => ({ series: series('anonymous') }),
  [
    ['a forged address gives a fresh bucket', (e) => setResponse(nth(e.series.attempts), problem(401)), 'fail', 'fresh-bucket'],
    ['the limit ended meanwhile', (e) => setResponse(e.series.after, problem(401)), 'inconclusive', 'window-turned'],
  ],
  { ignores },
);

examine('anonymousStaysLimited, without a limit', judgeAnonymous, () => ({ series: neverLimited() }), [
  ['the last request got no response', (e) => removeResponse(e.series.last), 'inconclusive', 'no-answer'],
]);

function others(): WhileLimitedEvidence {
  return {
    named: exchange({ path: LIST, actor: 'tenant B', purpose: 'the tenant that forged tokens named' }),
    otherClient: exchange({ path: LIST, actor: 'anonymous', purpose: 'another client address' }, problem(401)),
  };
}

examine('othersNotLimited', (given: WhileLimitedEvidence) => conclude(othersNotLimited(given), 'It held.'), others, [
  ['forged tokens used up the limit of a tenant', (e) => setResponse(found(e.named), problem(429)), 'fail', 'bucket-of-another'],
  ['two addresses share a bucket', (e) => setResponse(found(e.otherClient), problem(429)), 'fail', 'clients-share-a-bucket'],
]);

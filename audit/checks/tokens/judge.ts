import type { Exchange } from '../../model/exchange.ts';
import type { AttackClass } from './bad-credentials.ts';
import type { CredentialsEvidence } from '../preconditions/gather-credentials.ts';
import type { CoverageEvidence, TokenEvidence } from './gather.ts';
import { requestLine, cannotTell, comparable, expectStatus, header, isCreated, isProblem, isRejected } from '../../model/response.ts';
import {
  conclude,
  isSilent,
  notRun,
  type Observation,
  requireAttempts,
  type Verdict,
  expect,
  observePass,
  observeFailure,
  observeDoubt,
} from '../../model/verdict.ts';

const SLOWEST_MS = 1_000;
/** A refusal is slow when it stands out: where all are, it is the target or the way to it. */
const STANDS_OUT = 3;
/** Whoever has no answer for so long, while the owner has one, has made the API work or wait. */
const HANGS_MS = 10_000;
/** Not let in, and yet not with the status that RFC 6750 section 3 demands. */
const OTHER_REFUSALS = [400, 403, 413, 414, 431];

/** Undefined unless the target rejects a credential; any other response is judged where more is known. */
export function judgeCredentials(evidence: CredentialsEvidence): Verdict | undefined {
  const rejected = evidence.flatMap(({ setting, exchange }) => {
    if (!isRejected(exchange)) return [];
    const status = exchange.response?.status;
    const [what, advice] =
      setting === 'AUDIT_JWT_SECRET'
        ? ['tokens signed with AUDIT_JWT_SECRET', "give this deployment's own JWT_SECRET"]
        : [setting, 'give a token of a test user that this deployment accepts'];
    return [observeDoubt('credentials-rejected', `the target rejects ${what} (${status}): ${advice}`, exchange)];
  });
  return rejected.length === 0 ? undefined : conclude(rejected, '');
}

export function judgeAccess({ victim, before, control, attacks }: TokenEvidence): Verdict {
  const broken = attacks.map(({ exchange }) => exchange).filter(({ step }) => step === 'control');
  return conclude(
    [
      ...requireAttempts('broken tokens', broken),
      expectStatus(before, 200),
      cannotTell(before, 200) ??
        expect({
          holds: before.response?.body.includes(victim.text) === true,
          code: 'own-object-missing',
          otherwise: 'the owner reads something else than its object',
          evidence: [before],
        }),
      expectStatus(control, 401),
      ...broken.map((exchange) => expectStatus(exchange, 401)),
    ],
    'The owner read 200; no token and a broken one got 401 on the same object.',
  );
}

/** One class of bad credentials: each must be refused exactly as no credentials at all, while the owner can read all the time. */
export function judgeAttacks(evidence: TokenEvidence, kind: AttackClass): Verdict {
  if (evidence.withoutKey.includes(kind)) return notRun('Needs AUDIT_JWT_SECRET: such a token must be signed with the right key to prove anything.');
  const attacks = evidence.attacks.filter((attack) => attack.kind === kind);
  const observations = attacks.flatMap(({ name, operation, exchange }) => refusal(exchange, `${name} (${operation})`, evidence));
  const { control, victim } = evidence;
  observations.push(...(kind === 'missing' ? refusal(control, 'no Authorization header', evidence) : [expectRefusal(control, victim.text)]));
  return conclude(
    attacks.length === 0 ? [] : [...ownerStillReads(evidence), ...observations],
    `Each got a 401 that says no more than any other: ${[...new Set(attacks.map(({ name }) => name))].join(', ')}.`,
  );
}

/** Of expired tokens also one that was accepted before its end: what is remembered must not outlive it. */
export function judgeExpired(evidence: TokenEvidence, { ended }: CoverageEvidence): Verdict {
  const refused = judgeAttacks(evidence, 'expired');
  if (refused.observations.length === 0) return refused;
  const { ending, secondKey, victim } = evidence;
  const observations = [...refused.observations, ...requireAttempts('a token that ends within the audit', ending && ended ? [ended] : [])];
  // Refused for their end, not for their key.
  if (secondKey) observations.push(tokenWorks(secondKey, 'a valid token under BETTER_AUTH_SECRET', victim.text));
  if (ending && ended) {
    observations.push(tokenWorks(ending.accepted, 'a token that ends soon', victim.text));
    observations.push(...afterItsEnd(ended, evidence));
  }
  return conclude(observations, `${refused.summary} One that was accepted before its end was treated no better than others after it.`);
}

/** Where another token of the same end is accepted as well, it is a tolerance of clocks, and not a memory. */
function afterItsEnd({ again, fresh }: NonNullable<CoverageEvidence['ended']>, evidence: TokenEvidence): Observation[] {
  if (fresh?.response?.status === 200 && again.response?.status === 200) return [observePass('within-tolerance', again, fresh)];
  const doubt = fresh && cannotTell(fresh);
  return doubt ? [doubt] : refusal(again, again.purpose, evidence);
}

function ownerStillReads({ victim, before, after }: TokenEvidence): Observation[] {
  return [before, after].map((exchange) =>
    exchange.response?.status === 200 && exchange.response.body.includes(victim.text)
      ? observePass('owner-reads', exchange)
      : observeDoubt(
          'control-failed',
          `the owner's own token could not read the object (${exchange.response?.status ?? exchange.error ?? 'no answer'}), so refusals prove nothing`,
          exchange,
        ),
  );
}

function tokenWorks(exchange: Exchange, what: string, text: string): Observation {
  return exchange.response?.status === 200 && exchange.response.body.includes(text)
    ? observePass('token-works', exchange)
    : observeDoubt('control-failed', `${what} could not read the object (${exchange.response?.status ?? 'no answer'})`, exchange);
}

/** Milliseconds a refusal may take. */
function slowest({ before, attacks }: TokenEvidence): number {
  const times = attacks.map(({ exchange }) => exchange.ms).toSorted((a, b) => a - b);
  return Math.max(SLOWEST_MS + before.ms, STANDS_OUT * (times[Math.floor((times.length - 1) / 2)] ?? 0));
}

/** What was held up once, and is refused at once when it is asked again, is not slow. */
function inTime(exchange: Exchange, name: string, evidence: TokenEvidence): Observation[] {
  const again = evidence.again[exchange.id];
  const seen = again?.response ? [exchange, again] : [exchange];
  const ms = Math.min(...seen.map((each) => each.ms));
  const fast = expect({ holds: ms <= slowest(evidence), code: 'slow-refusal', otherwise: `${name}: the refusal took ${ms} ms`, evidence: seen });
  return again?.response ? [fast, refusedAgain(exchange, again, name, evidence)] : [fast];
}

function refusedAgain(exchange: Exchange, again: Exchange, name: string, evidence: TokenEvidence): Observation {
  const { status = 0, body = '' } = again.response ?? {};
  const refused = [401, ...OTHER_REFUSALS].includes(status) && !body.includes(evidence.victim.text);
  const finding = broken(again, name, evidence) ?? cannotTell(again, 401);
  return (
    finding ?? expect({ holds: refused, code: 'let-in', otherwise: `${name}: answered ${status} when asked again`, evidence: [exchange, again] })
  );
}

/** A server error, or none at all in time, is a token that broke the API: a finding, where other checks could only doubt. */
function broken(exchange: Exchange, name: string, { control, after }: TokenEvidence): Observation | undefined {
  const { response, ms } = exchange;
  if (!isSilent(exchange) && (response?.status ?? 0) >= 500 && control.response?.status === 401)
    return observeFailure('token-breaks-api', `${name}: the API answered ${response?.status}`, exchange);
  if (response === undefined && ms >= HANGS_MS && after.response?.status === 200)
    return observeFailure('token-hangs-api', `${name}: no answer within ${Math.round(ms / 1_000)} s, while the owner is answered`, exchange, after);
  return undefined;
}

/** What is said of any status but 401. */
function notRefused(exchange: Exchange, name: string, ...texts: readonly string[]): Observation {
  const { status = 0, body = '' } = exchange.response ?? {};
  const shown = texts.some((text) => body.includes(text));
  const what = `${name}: ${requestLine(exchange).replace(/\?.*/, '')}`;
  if (OTHER_REFUSALS.includes(status) && !shown)
    return observeFailure('refused-without-401', `${what} was refused with ${status}, where 401 is due`, exchange);
  return observeFailure('let-in', `${what} answered ${status}${shown ? " and shows the owner's data" : ''}`, exchange);
}

function said(exchange: Exchange): string {
  return `${header(exchange, 'www-authenticate')} ${comparable(exchange)}`;
}

/** What most refusals say: those that say something else tell why. */
function usualRefusal({ control, attacks }: TokenEvidence): string | undefined {
  const refusals = [control, ...attacks.map(({ exchange }) => exchange)].filter(({ response }) => response?.status === 401);
  const alike = Map.groupBy(refusals, said);
  return [...alike].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0];
}

function refusal(exchange: Exchange, name: string, evidence: TokenEvidence): Observation[] {
  const { victim, control } = evidence;
  const finding = broken(exchange, name, evidence) ?? cannotTell(exchange, 401);
  if (finding) return [finding];
  if (exchange.response?.status !== 401) return [notRefused(exchange, name, victim.text)];
  return [
    expect({
      holds: !exchange.response.body.includes(victim.text),
      code: 'data-shown',
      otherwise: `${name}: the 401 holds the owner's data`,
      evidence: [exchange],
    }),
    expect({
      holds: /^Bearer\b/i.test(header(exchange, 'www-authenticate') ?? ''),
      code: 'challenge-missing',
      otherwise: `${name}: the 401 has no WWW-Authenticate: Bearer`,
      evidence: [exchange],
    }),
    expect({
      holds: isProblem(exchange) && [said(control), usualRefusal(evidence)].includes(said(exchange)),
      code: 'refusals-differ',
      otherwise: `${name}: the refusal is neither that of no token nor that of other bad ones, and tells why it was refused`,
      evidence: [exchange, control],
    }),
    ...inTime(exchange, name, evidence),
  ];
}

/** Whoever sends much, or much to work out, is refused as fast as anybody, and the API lives. */
export function judgeOversized(evidence: TokenEvidence): Verdict {
  const { oversized, victim } = evidence;
  return conclude(
    [
      ...requireAttempts('large tokens', oversized),
      ...ownerStillReads(evidence),
      ...oversized.flatMap((exchange) => {
        const finding = broken(exchange, exchange.purpose, evidence);
        if (finding) return [finding];
        const status = exchange.response?.status ?? 0;
        const refused = [400, 401, 413, 414, 431].includes(status) && !(exchange.response?.body.includes(victim.text) ?? false);
        return [
          expect({ holds: refused, code: 'let-in', otherwise: `${exchange.purpose}: answered ${status}`, evidence: [exchange] }),
          ...inTime(exchange, exchange.purpose, evidence),
        ];
      }),
    ],
    `${oversized.map(({ purpose, response }) => `${purpose}: ${response?.status}`).join(', ')}, each within a second; the owner reads on.`,
  );
}

/** Every protected operation, without a token and with those bad ones that were its share. */
export function judgeOperations(
  { operations, tricks, victims, notExecuted }: CoverageEvidence,
  { attacks, control, victim: read }: TokenEvidence,
): Verdict {
  const missing = victims.find(({ victim }) => !isCreated(victim.created));
  if (missing) return conclude([observeDoubt('no-victim', 'an object to call the operations on was not created', missing.victim.created)], '');
  const texts = [read, ...victims.map(({ victim }) => victim)].map(({ text }) => text);
  const observations = operations.flatMap(({ operation, without }) => {
    const share = attacks.filter((attack) => attack.operation === operation.id);
    return [...requireAttempts(`bad tokens for ${operation.id}`, share), expectRefusal(without, ...texts)];
  });
  if (operations.length > 0) {
    observations.push(
      // The control reads the object: that operation without a token.
      ...[control, ...attacks.map(({ exchange }) => exchange)].map((exchange) => expectRefusal(exchange, ...texts)),
      ...requireAttempts('objects to call operations on', victims),
      ...requireAttempts('other spellings of path and method', tricks),
      ...tricks.map((exchange) => trickRefused(exchange, texts)),
      ...victims.map(
        ({ victim, after }) =>
          cannotTell(after, 200) ??
          expect({
            holds: after.response?.status === 200 && after.response.body === victim.created.response?.body,
            code: 'object-changed',
            otherwise: 'an anonymous operation changed or deleted the object',
            evidence: [victim.created, after],
          }),
      ),
    );
  }
  const left =
    notExecuted.length === 0 ? '' : ` Not executed, because they write to objects that the audit did not create: ${notExecuted.join(', ')}.`;
  return conclude(
    observations,
    `${operations.length + 1} protected operations, each without a token and with some of ${attacks.length} bad ones: 401; ${tricks.length} other spellings of path and method were rejected; the objects did not change.${left}`,
  );
}

function expectRefusal(exchange: Exchange, ...texts: readonly string[]): Observation {
  const { purpose } = exchange;
  const refused = exchange.response?.status === 401;
  return cannotTell(exchange, 401) ?? (refused ? observePass('refused', exchange) : notRefused(exchange, purpose, ...texts));
}

function trickRefused(exchange: Exchange, texts: readonly string[]): Observation {
  const { response, purpose, step } = exchange;
  // A rewritten URL may be ignored: then the path that was really asked for answers.
  const refused =
    step === 'path-override' ? texts.every((text) => response?.body.includes(text) === false) : [400, 401, 404, 405].includes(response?.status ?? 0);
  const broken = `${requestLine(exchange)} (${purpose}) without a token answered ${response?.status}`;
  return cannotTell(exchange) ?? expect({ holds: refused, code: 'let-in', otherwise: broken, evidence: [exchange] });
}

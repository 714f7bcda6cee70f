import type { Exchange } from '../exchange.ts';
import type { AttackClass } from '../probe/bad-credentials.ts';
import type { CoverageEvidence, TokenEvidence } from '../probe/token-attacks.ts';
import { asked, cannotTell, comparable, expectStatus, header, isCreated, isProblem } from './answer.ts';
import { decide, demand, isSilent, notRun, type Observation, saw, tried, type Verdict } from './verdict.ts';

const SLOWEST_MS = 1_000;
/** A refusal is slow when it stands out: where all are, it is the target or the way to it. */
const STANDS_OUT = 3;

export function judgeAccess({ victim, before, control, attacks }: TokenEvidence): Verdict {
  const broken = attacks.filter(({ name }) => name === 'garbage').map(({ exchange }) => exchange);
  return decide(
    [
      ...tried('broken tokens', broken),
      expectStatus(before, 200),
      cannotTell(before, 200) ??
        demand(
          before.answer?.body.includes(victim.text) === true,
          'own-object-missing',
          'the owner reads its own object',
          'the owner reads something else than its object',
          before,
        ),
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
  if (kind === 'expired' && evidence.secondKey) observations.push(secondKeyWorks(evidence.secondKey, evidence.victim.text));
  if (kind === 'missing') observations.push(...refusal(evidence.control, 'no Authorization header', evidence));
  return decide(
    attacks.length === 0 ? [] : [...ownerStillReads(evidence), ...observations],
    `Each got the same 401 as no token: ${attacks.map(({ name }) => name).join(', ')}.`,
  );
}

function ownerStillReads({ victim, before, after }: TokenEvidence): Observation[] {
  return [before, after].map((exchange) =>
    exchange.answer?.status === 200 && exchange.answer.body.includes(victim.text)
      ? saw('pass', 'owner-reads', 'the owner reads the object', exchange)
      : saw(
          'inconclusive',
          'control-failed',
          `the owner's own token could not read the object (${exchange.answer?.status ?? exchange.error ?? 'no answer'}), so refusals prove nothing`,
          exchange,
        ),
  );
}

/** Tokens under the second key must be refused for their end, not for their key. */
function secondKeyWorks(exchange: Exchange, text: string): Observation {
  return exchange.answer?.status === 200 && exchange.answer.body.includes(text)
    ? saw('pass', 'second-key-works', 'a valid token under the second key reads the object', exchange)
    : saw(
        'inconclusive',
        'control-failed',
        `a valid token under BETTER_AUTH_SECRET could not read the object (${exchange.answer?.status ?? 'no answer'})`,
        exchange,
      );
}

/** Milliseconds a refusal may take. */
function slowest({ before, attacks }: TokenEvidence): number {
  const times = attacks.map(({ exchange }) => exchange.ms).toSorted((a, b) => a - b);
  return Math.max(SLOWEST_MS + before.ms, STANDS_OUT * (times[Math.floor((times.length - 1) / 2)] ?? 0));
}

function refusal(exchange: Exchange, name: string, evidence: TokenEvidence): Observation[] {
  const { victim, control } = evidence;
  // A server error is a token that broke the API: a finding, where other checks could only doubt.
  if (!isSilent(exchange) && (exchange.answer?.status ?? 0) >= 500 && control.answer?.status === 401)
    return [saw('fail', 'token-breaks-api', `${name}: the API answered ${exchange.answer?.status}`, exchange)];
  const doubt = cannotTell(exchange, 401);
  if (doubt) return [doubt];
  if (exchange.answer?.status !== 401) {
    const shown = exchange.answer?.body.includes(victim.text) === true ? " and shows the owner's data" : '';
    return [saw('fail', 'let-in', `${name}: ${asked(exchange)} answered ${exchange.answer?.status}${shown}`, exchange)];
  }
  return [
    demand(!exchange.answer.body.includes(victim.text), 'data-shown', `${name}: no data`, `${name}: the 401 holds the owner's data`, exchange),
    demand(
      /^Bearer\b/i.test(header(exchange, 'www-authenticate') ?? ''),
      'challenge-missing',
      `${name}: challenged`,
      `${name}: the 401 has no WWW-Authenticate: Bearer`,
      exchange,
    ),
    demand(
      isProblem(exchange) &&
        comparable(exchange) === comparable(control) &&
        header(exchange, 'www-authenticate') === header(control, 'www-authenticate'),
      'refusals-differ',
      `${name}: uniform`,
      `${name}: the refusal differs from the one without a token, and tells why it was refused`,
      exchange,
      control,
    ),
    demand(exchange.ms <= slowest(evidence), 'slow-refusal', `${name}: fast`, `${name}: the refusal took ${exchange.ms} ms`, exchange),
  ];
}

/** Whoever sends much, or much to work out, is refused as fast as anybody, and the API lives. */
export function judgeOversized(evidence: TokenEvidence): Verdict {
  const { oversized, victim } = evidence;
  return decide(
    [
      ...tried('large tokens', oversized),
      ...ownerStillReads(evidence),
      ...oversized.flatMap((exchange) => {
        const status = exchange.answer?.status ?? 0;
        if (status >= 500 && !isSilent(exchange))
          return [saw('fail', 'token-breaks-api', `${exchange.purpose}: the API answered ${status}`, exchange)];
        const refused = [400, 401, 413, 414, 431].includes(status) && !(exchange.answer?.body.includes(victim.text) ?? false);
        return [
          demand(refused, 'let-in', `${exchange.purpose}: refused`, `${exchange.purpose}: answered ${status}`, exchange),
          demand(
            exchange.ms <= slowest(evidence),
            'slow-refusal',
            `${exchange.purpose}: fast`,
            `${exchange.purpose}: the refusal took ${exchange.ms} ms`,
            exchange,
          ),
        ];
      }),
    ],
    `${oversized.map(({ purpose, answer }) => `${purpose}: ${answer?.status}`).join(', ')}, each within a second; the owner reads on.`,
  );
}

/** Every protected operation, without a token and with those bad ones that were its share. */
export function judgeOperations({ operations, tricks, victim, after }: CoverageEvidence, { attacks, control }: TokenEvidence): Verdict {
  if (!isCreated(victim.created)) return decide([saw('inconclusive', 'no-victim', 'the object to ask for was not created', victim.created)], '');
  const observations = operations.flatMap(({ operation, without }) => {
    const share = attacks.filter((attack) => attack.operation === operation.id);
    return [...tried(`bad tokens for ${operation.id}`, share), expectStatus(without, 401, 'let-in')];
  });
  if (operations.length > 0) {
    observations.push(
      // The control reads the object: that operation without a token.
      ...[control, ...attacks.map(({ exchange }) => exchange)].map((exchange) => expectStatus(exchange, 401, 'let-in')),
      ...tried('other spellings of path and method', tricks),
      ...tricks.map((exchange) => trickRefused(exchange, victim.text)),
      cannotTell(after, 200) ??
        demand(
          after.answer?.status === 200 && after.answer.body === victim.created.answer?.body,
          'object-changed',
          'the object is as it was',
          'an anonymous operation changed or deleted the object',
          victim.created,
          after,
        ),
    );
  }
  return decide(
    observations,
    `${operations.length + 1} protected operations, each without a token and with some of ${attacks.length} bad ones: 401; ${tricks.length} other spellings of path and method let nobody in; the object stayed as it was.`,
  );
}

function trickRefused(exchange: Exchange, text: string): Observation {
  const { answer, purpose } = exchange;
  // A rewritten URL may be ignored: then the path that was really asked for answers.
  const refused = purpose === 'rewritten URL' ? answer?.body.includes(text) === false : [400, 401, 404, 405].includes(answer?.status ?? 0);
  const broken = `${asked(exchange)} (${purpose}) without a token answered ${answer?.status}`;
  return cannotTell(exchange) ?? demand(refused, 'let-in', `${purpose}: refused`, broken, exchange);
}

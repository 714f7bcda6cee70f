import type { Exchange } from '../../model/exchange.ts';
import type { AttackClass } from './bad-credentials.ts';
import type { CredentialSetting, CredentialsEvidence } from '../preconditions/gather-credentials.ts';
import type { JudgeContext } from '../check.ts';
import type { AttackEvidence } from './attacks.ts';
import type { AccessEvidence, CoverageEvidence, TokenEvidence } from './gather.ts';
import type { KeySetEvidence } from './gather-key-set.ts';
import { challengeSchemes } from '../../model/header-fields.ts';
import {
  described,
  requestLine,
  cannotTell,
  comparable,
  expectRejected,
  expectStatus,
  header,
  isProblem,
  isRejected,
  isSameOriginRedirect,
  statusOf,
  isFound,
  isUnchanged,
} from '../../model/response.ts';
import {
  conclude,
  isSilent,
  notApplicable,
  notRun,
  type Observation,
  requireAttempts,
  type Verdict,
  expect,
  observePass,
  observeFailure,
  observeDoubt,
  underPolicy,
} from '../../model/verdict.ts';
import { variationOf } from '../../model/variation.ts';
import type { Variation } from '../../model/words.ts';
import { counted } from '../../model/wording.ts';

/** A rejection may take this much longer than a read of the owner. */
const SLOWEST_MS = 1_000;
/** A rejection is slow compared with the median: where all are slow, the cause is the target or the network. */
const TIMES_THE_MEDIAN = 3;
/** A request without a response for this long, while the owner gets one, occupies the API. */
const HANGS_MS = 10_000;
/** Other statuses of rejections than 401, which RFC 6750 section 3 requires, and 403. */
const OTHER_REJECTIONS = [400, 413, 414, 431];

/** Bad tokens with a valid signature. */
const OF_CLAIMS: readonly AttackClass[] = ['expired', 'not-yet-valid', 'without-exp', 'claims'];

const OTHER_CLAIMS = 'and AUDIT_TOKEN_A and AUDIT_TOKEN_B where its tokens have more claims than sub and exp';
/** What a message calls the tokens of a setting, and what to give instead. */
const CREDENTIALS: Readonly<Record<CredentialSetting, readonly [what: string, advice: string]>> = {
  AUDIT_JWT_SECRET: ['tokens signed with AUDIT_JWT_SECRET', `give this deployment's own JWT_SECRET, ${OTHER_CLAIMS}`],
  AUDIT_USER_A: [
    'a token signed for AUDIT_USER_A',
    `give the id of a user of this deployment as its tokens state it (sub), and its own key, ${OTHER_CLAIMS}`,
  ],
  AUDIT_USER_B: [
    'a token signed for AUDIT_USER_B',
    `give the id of a user of this deployment as its tokens state it (sub), and its own key, ${OTHER_CLAIMS}`,
  ],
  AUDIT_TOKEN_A: ['AUDIT_TOKEN_A', 'give a token of a test user that this deployment accepts'],
  AUDIT_TOKEN_B: ['AUDIT_TOKEN_B', 'give a token of a test user that this deployment accepts'],
  AUDIT_TOKEN_COMMAND: [
    'a token of AUDIT_TOKEN_COMMAND',
    "print tokens that this deployment accepts, and compare their iss and aud with the deployment's settings",
  ],
  AUDIT_ISSUER_KEY: ['tokens signed with AUDIT_ISSUER_KEY', "give the private key of this deployment's issuer"],
};

/** Undefined unless the target rejects a credential; other checks judge any other response. */
export function judgeCredentials(evidence: CredentialsEvidence): Verdict | undefined {
  const rejected = evidence.flatMap(({ setting, exchange }) => {
    if (!isRejected(exchange)) return [];
    const [what, advice] = CREDENTIALS[setting];
    return [observeDoubt('credentials-rejected', `The target rejects ${what} (${exchange.response?.status}): ${advice}`, exchange)];
  });
  return rejected.length === 0 ? undefined : conclude(rejected, '');
}

export function judgeAccess({ victim, before, control, malformed }: AccessEvidence): Verdict {
  return conclude(
    [
      expectStatus(before, 200),
      cannotTell(before, 200) ??
        expect(
          before.response?.body.includes(victim.text) === true,
          'own-object-missing',
          'The response to the owner does not contain its object',
          before,
        ),
      ...[control, malformed].map(expectRejected),
    ],
    'The owner got 200, and requests without a token and with a malformed one were rejected.',
  );
}

/** Some classes of bad credentials: each gets the same rejection, and the owner can read before and after. */
export function judgeAttacks(evidence: AttackEvidence, ...kinds: readonly AttackClass[]): Verdict {
  const attacks = evidence.attacks.filter(({ kind }) => kinds.includes(kind));
  const observations = attacks.flatMap(({ name, operation, exchange }) => rejection(exchange, `${name} (${operation})`, evidence));
  const { control, victim } = evidence;
  observations.push(
    ...(kinds.includes('missing')
      ? [...rejection(control, 'no Authorization header', evidence), ...rejectedWith403(evidence)]
      : [expectRejection(control, victim.text)]),
  );
  return conclude(
    attacks.length === 0 ? [] : [...ownerStillReads(evidence), ...observations],
    `${counted(attacks.length, 'request')} got a rejection that does not reveal the reason: ${[...new Set(attacks.map(({ name }) => name))].join(', ')}.`,
  );
}

/** Why checks of the claims do not apply without the issuer's private key. */
export const ONLY_THE_ISSUER_SIGNS =
  'Only the issuer can sign tokens with other claims. A rehearsal of this API, which has the key of its issuer, examines them.';

/** What determines with which keys the audit must sign unusable claims. */
type KeyContext = {
  target: Pick<JudgeContext['target'], 'issuer'>;
  config: Pick<JudgeContext['config'], 'sharedSecretTokens'>;
  contract: Pick<JudgeContext['contract'], 'acceptsSharedSecret'>;
};

/** Tokens with a valid signature and unusable claims. */
export function judgeClaims(evidence: TokenEvidence, kinds: readonly AttackClass[], context: KeyContext): Verdict {
  return orUnexamined(judgeAttacks(evidence, ...kinds), evidence, context);
}

/** A failure stands, also where not every key was examined. */
function orUnexamined(verdict: Verdict, evidence: TokenEvidence, context: KeyContext): Verdict {
  if (verdict.outcome === 'fail') return verdict;
  return unexaminedKey(evidence, verdict, context) ?? withSharedSecret(verdict, evidence);
}

/** Why the claims of tokens were not examined under each key that the API accepts. */
function unexaminedKey({ signedWith }: TokenEvidence, { observations }: Verdict, { target, config, contract }: KeyContext): Verdict | undefined {
  if (target.issuer === undefined) {
    if (signedWith.length > 0) return undefined;
    return notRun('AUDIT_JWT_SECRET is not set. Only a token with a valid signature shows that its claims are checked.');
  }
  if (!signedWith.includes('shared secret') && (config.sharedSecretTokens ?? contract.acceptsSharedSecret))
    return notRun(
      'HS256 path not examined: according to its contract, the API also accepts tokens signed with a shared secret. Set AUDIT_JWT_SECRET, or "sharedSecretTokens": false in the config file where this deployment has no such secret.',
    );
  if (signedWith.length > 0 || observations.length > 0) return undefined;
  return notApplicable(ONLY_THE_ISSUER_SIGNS);
}

/** Rejections of tokens under the shared secret prove something only where a valid one is accepted. */
function withSharedSecret(verdict: Verdict, { sharedSecret, victim }: TokenEvidence): Verdict {
  if (sharedSecret === undefined || verdict.observations.length === 0) return verdict;
  return conclude([...verdict.observations, tokenWorks(sharedSecret, 'A valid token signed with AUDIT_JWT_SECRET', victim.text)], verdict.summary);
}

/** Tokens that state where their key is. No server of the attacker may be contacted, whatever the response is. */
export function judgeKeysInHeaders(evidence: KeySetEvidence): Verdict {
  const { attackersServer } = evidence;
  const { observations, summary, ...verdict } = judgeAttacks(evidence, 'key-in-header');
  if (observations.length === 0) return { ...verdict, observations, summary };
  if (attackersServer === undefined)
    return {
      ...verdict,
      observations,
      summary: `${summary} Whether the API fetched their URLs was not observed, because it cannot reach this machine.`,
    };
  const { inspection, requests } = attackersServer;
  return conclude(
    [
      ...observations,
      expect(
        requests === 0,
        'key-fetched',
        `The API sent ${counted(requests, 'request')} to a URL that a token contained. An attacker can choose what the API requests.`,
        inspection,
      ),
    ],
    `${summary} The attacker's server, to which they refer, received no request.`,
  );
}

/** Includes a token that was accepted before its expiry: a cached verification must not outlive it. */
export function judgeExpired(evidence: TokenEvidence, { ended }: CoverageEvidence, context: KeyContext): Verdict {
  const expired = judgeAttacks(evidence, 'expired');
  const { ending, secondKey, signedWith, victim } = evidence;
  if (signedWith.length === 0) return orUnexamined(expired, evidence, context);
  const observations = [...expired.observations, ...requireAttempts('a token that expires during the audit', ending && ended ? [ended] : [])];
  // The tokens are rejected for their expiry, not for their key.
  if (secondKey) observations.push(tokenWorks(secondKey, 'A valid token signed with BETTER_AUTH_SECRET', victim.text));
  if (ending && ended) {
    observations.push(tokenWorks(ending.accepted, 'A token that expires soon', victim.text));
    observations.push(...afterExpiry(ended, evidence));
  }
  const verdict = conclude(
    expired.observations.length === 0 ? [] : observations,
    `${expired.summary} A token that was accepted before its expiry got the same response after it as others with that expiry.`,
  );
  return orUnexamined(verdict, evidence, context);
}

/** Where another token with the same expiry is accepted too, the cause is a clock tolerance and not a cache. */
function afterExpiry({ repeated, fresh }: NonNullable<CoverageEvidence['ended']>, evidence: AttackEvidence): Observation[] {
  if (fresh?.response?.status === 200 && repeated.response?.status === 200) return [observePass('within-tolerance', repeated, fresh)];
  const doubt = fresh && cannotTell(fresh);
  return doubt ? [doubt] : rejection(repeated, repeated.purpose, evidence);
}

function ownerStillReads({ victim, before, after }: AttackEvidence): Observation[] {
  return [before, after].map((exchange) =>
    isFound(exchange, victim.text)
      ? observePass('owner-reads', exchange)
      : observeDoubt(
          'control-failed',
          `The owner's own token could not read the object (${statusOf(exchange)}), so rejections prove nothing`,
          exchange,
        ),
  );
}

function tokenWorks(exchange: Exchange, what: string, text: string): Observation {
  return isFound(exchange, text)
    ? observePass('token-works', exchange)
    : observeDoubt('control-failed', `${what} could not read the object (${exchange.response?.status ?? 'no response'})`, exchange);
}

/** Milliseconds that a rejection may take. */
function slowest({ before, attacks }: AttackEvidence): number {
  const times = attacks.map(({ exchange }) => exchange.ms).toSorted((a, b) => a - b);
  return Math.max(SLOWEST_MS + before.ms, TIMES_THE_MEDIAN * (times[Math.floor((times.length - 1) / 2)] ?? 0));
}

/** The faster of the request and its repetition counts. One slow response alone is not a finding: the network or the machine may have delayed it. */
function inTime(exchange: Exchange, name: string, evidence: AttackEvidence): Observation[] {
  const longest = slowest(evidence);
  const repeated = evidence.repeated[exchange.id];
  if (repeated === undefined && exchange.response !== undefined) return exchange.ms > longest ? [] : [observePass('in-time', exchange)];
  const attempts = repeated?.response ? [exchange, repeated] : [exchange];
  const ms = Math.min(...attempts.map((each) => each.ms));
  const fast = expect(ms <= longest, 'slow-rejection', `The rejection of ${name} took ${ms} ms`, ...attempts);
  return repeated?.response ? [fast, rejectedAgain(exchange, repeated, name, evidence)] : [fast];
}

function rejectedAgain(exchange: Exchange, repeated: Exchange, name: string, evidence: AttackEvidence): Observation {
  const { status = 0, body = '' } = repeated.response ?? {};
  const holds = [401, 403, ...OTHER_REJECTIONS].includes(status) && !body.includes(evidence.victim.text);
  const finding = broken(repeated, name, evidence) ?? cannotTell(repeated);
  return finding ?? expect(holds, 'accepted', `${name}: the repeated request returned ${status}`, exchange, repeated);
}

/** A server error or a missing response is a finding here, where the owner and a request without a token get a response. */
function broken(exchange: Exchange, name: string, { control, after }: AttackEvidence): Observation | undefined {
  const { response, ms } = exchange;
  if (!isSilent(exchange) && (response?.status ?? 0) >= 500 && isRejected(control))
    return observeFailure('token-breaks-api', `${name}: the API returned ${response?.status}`, exchange);
  if (response === undefined && ms >= HANGS_MS && after.response?.status === 200)
    return observeFailure('token-hangs-api', `${name}: no response within ${Math.round(ms / 1_000)} s, while the owner gets one`, exchange, after);
  return undefined;
}

/** A response that is neither 401 nor 403, or has the text of an object. */
function notRejected(exchange: Exchange, name: string, ...texts: readonly string[]): Observation {
  const { status = 0, body = '' } = exchange.response ?? {};
  const isShown = texts.some((text) => body.includes(text));
  const what = `${name}: ${requestLine(exchange).replace(/\?.*/, '')}`;
  if (OTHER_REJECTIONS.includes(status) && !isShown)
    return observeFailure('rejected-without-401', `${what} returned ${status} instead of 401`, exchange);
  // An API may look for the user of any token first, or take the caller for another user, who has no such object.
  if (status === 404 && !isShown)
    return observeFailure('rejection-unclear', `${what} returned 404, which is neither a rejection nor the owner's data`, exchange);
  return observeFailure('accepted', `${what} returned ${status}${isShown ? " with the owner's data" : ''}`, exchange);
}

function contentOf(exchange: Exchange, variation: Variation): string {
  return `${header(exchange, 'www-authenticate')} ${comparable(exchange, variation)}`;
}

/** RFC 6750 section 3 requires 401 with a challenge, which clients need to sign the user in again. */
function rejectedWith403({ control, attacks }: AttackEvidence): Observation[] {
  const rejected = [control, ...attacks.map(({ exchange }) => exchange)].filter(({ response }) => response?.status === 403);
  const [first] = rejected;
  if (first === undefined) return [];
  const says = `${counted(rejected.length, 'request')} without a valid token, such as ${described(first)}, returned 403 instead of 401`;
  return [observeFailure('rejected-without-401', says, ...rejected)];
}

/** Whether a rejection is like the one without a token, or like most with its status: another one may reveal the reason. */
function isUsualRejection(exchange: Exchange, { control, attacks }: AttackEvidence): boolean {
  const rejections = [control, ...attacks.map((attack) => attack.exchange)].filter(({ response }) => response?.status === exchange.response?.status);
  const variation = variationOf(rejections);
  const groups = Map.groupBy(rejections, (each) => contentOf(each, variation));
  const [usual] = [...groups].toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
  return [contentOf(control, variation), usual].includes(contentOf(exchange, variation));
}

function lacksChallenge(exchange: Exchange): boolean {
  return exchange.response?.status === 401 && !challengeSchemes(header(exchange, 'www-authenticate')).includes('bearer');
}

/** Where the 401 to the request without a token has no challenge either, that is the only finding. */
function rejection(exchange: Exchange, name: string, evidence: AttackEvidence): Observation[] {
  const { victim, control } = evidence;
  const finding = broken(exchange, name, evidence) ?? cannotTell(exchange);
  if (finding) return [finding];
  const { status = 0, body = '' } = exchange.response ?? {};
  if (!isRejected(exchange) || body.includes(victim.text)) return [notRejected(exchange, name, victim.text)];
  return [
    expect(
      !lacksChallenge(exchange) || (exchange !== control && lacksChallenge(control)),
      'challenge-missing',
      `${name}: the 401 has no WWW-Authenticate: Bearer`,
      exchange,
    ),
    expect(
      isUsualRejection(exchange, evidence),
      'rejections-differ',
      `${name}: the ${status} differs both from the response without a token and from those to other bad tokens`,
      exchange,
      control,
    ),
    underPolicy('problem-details', expect(isProblem(exchange), 'not-a-problem', `${name}: the ${status} is not problem+json`, exchange)),
    ...inTime(exchange, name, evidence),
  ];
}

/** Large and expensive tokens are rejected as fast as others, and the API continues to respond. */
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
        const holds = [401, 403, ...OTHER_REJECTIONS].includes(status) && !(exchange.response?.body.includes(victim.text) ?? false);
        return [
          expect(holds, 'accepted', `${exchange.purpose} was not rejected: the API returned ${status}`, exchange),
          ...inTime(exchange, exchange.purpose, evidence),
        ];
      }),
    ],
    `Rejected in time: ${oversized.map(({ purpose, response }) => `${purpose} (${response?.status})`).join(', ')}. The owner could read its object afterwards.`,
  );
}

/** Every protected operation, without a token and with some bad ones. */
export function judgeOperations(
  { operations, spellings, victims, notExecuted }: CoverageEvidence,
  { attacks, control, victim: read }: TokenEvidence,
): Verdict {
  const missing = victims.find(({ victim }) => !isFound(victim.before, victim.text));
  if (missing) return conclude(observeDoubt('no-victim', 'The owner could not read an object before the operations', missing.victim.before));
  const texts = [read, ...victims.map(({ victim }) => victim)].map(({ text }) => text);
  const observations = operations.map(({ without }) => expectRejection(without, ...texts));
  if (operations.length > 0) {
    observations.push(
      // The control is the read of an object without a token.
      expectRejection(control, ...texts),
      ...attacks.map(({ kind, exchange }) => {
        const observation = expectRejection(exchange, ...texts);
        // Only the holder of the key can create such a token.
        return observation.code === 'accepted' && OF_CLAIMS.includes(kind) ? { ...observation, code: 'claims-accepted' } : observation;
      }),
      ...requireAttempts('bad tokens', attacks),
      ...requireAttempts('objects for the operations', victims),
      ...requireAttempts('other spellings of path and method', spellings),
      ...spellings.map((exchange) => spellingRejected(exchange, texts)),
      ...victims.map(
        ({ victim, after }) =>
          cannotTell(after, 200) ??
          expect(
            isUnchanged(after, victim.before, victim.varying),
            'object-changed',
            `An operation without a token changed or deleted the object: its owner then got ${after.response?.status}`,
            victim.before,
            after,
          ),
      ),
    );
  }
  return conclude(
    observations,
    `${counted(operations.length + 1, 'protected operation')} rejected requests without a token. ${counted(attacks.length, 'request')} with bad tokens were rejected too. ${counted(spellings.length, 'other spelling')} of path and method gave no access. The objects did not change.${sentenceOf(notExecuted)}`,
  );
}

/** The end of a summary: operations that the audit leaves out. */
function sentenceOf(notExecuted: CoverageEvidence['notExecuted']): string {
  const byReason = Map.groupBy(notExecuted, ({ reason }) => reason);
  const parts = [...byReason].map(([reason, left]) => `${left.map(({ endpoint }) => endpoint).join(', ')} (${reason})`);
  return parts.length === 0 ? '' : ` Not executed: ${parts.join('; ')}.`;
}

function expectRejection(exchange: Exchange, ...texts: readonly string[]): Observation {
  const isShown = texts.some((text) => exchange.response?.body.includes(text));
  return (
    cannotTell(exchange) ?? (isRejected(exchange) && !isShown ? observePass('rejected', exchange) : notRejected(exchange, exchange.purpose, ...texts))
  );
}

function spellingRejected(exchange: Exchange, texts: readonly string[]): Observation {
  const { response, purpose, step } = exchange;
  // The API may ignore a rewritten URL and serve the path of the request line.
  const isHidden = texts.every((text) => response?.body.includes(text) === false);
  const isRejection = isSameOriginRedirect(exchange) || [400, 401, 403, 404, 405].includes(response?.status ?? 0);
  const holds = isHidden && (step === 'path-override' || isRejection);
  const otherwise = `${requestLine(exchange)} (${purpose}) without a token returned ${response?.status}`;
  return cannotTell(exchange) ?? expect(holds, 'accepted', otherwise, exchange);
}

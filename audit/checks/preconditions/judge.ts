import type { Health } from '../../contract/health.ts';
import type { Exchange } from '../../model/exchange.ts';
import { challengeSchemes } from '../../model/header-fields.ts';
import { record } from '../../model/json.ts';
import { cannotTell, header, isRejected, isSameOriginRedirect, json, redirectOf, requestLine } from '../../model/response.ts';
import { conclude, type Observation, type Verdict, observePass, observeDoubt } from '../../model/verdict.ts';
import type { WarmUpEvidence } from './gather-warm-up.ts';

export function judgeIdentity({ properties, first, challenged, absent }: WarmUpEvidence & { properties: Health['properties'] }): Verdict {
  const names = Object.keys(properties);
  const known = names.filter((name) => name in record(json(first))).length;
  const got = `${requestLine(first)} returned ${first.response?.status} as ${header(first, 'content-type') ?? 'no content type'}`;
  const byHealth =
    redirected(first) ??
    cannotTell(first, 503) ??
    (known >= Math.min(2, names.length) && known > 0
      ? observePass('identified', first)
      : observeDoubt('not-the-api', `${got}, which is not the health response of this API.`, first));
  // A broken health endpoint fails its own checks. It must not make every other check inconclusive.
  const because = names.length === 0 ? '' : ` Health does not identify the API: ${byHealth.says.replace(/\.?$/, '.')}`;
  if (byHealth.outcome !== 'pass' && challenged !== undefined && isChallenge(challenged))
    return conclude(
      [observePass('identified-by-challenge', challenged)],
      `Over a trusted connection, ${requestLine(challenged)} requires a bearer token as the contract states.${because}`,
    );
  if (
    byHealth.outcome !== 'pass' &&
    byHealth.code !== 'redirected' &&
    challenged !== undefined &&
    absent !== undefined &&
    isRejection(challenged, absent)
  )
    return conclude(
      [observePass('identified-by-rejection', challenged, absent)],
      `Over a trusted connection, ${requestLine(challenged)} requires credentials as the contract states, and a random path does not exist.${because}`,
    );
  return conclude([byHealth], 'Over a trusted connection, health responds as the contract of this API states.');
}

/** The API has the private route: it rejects a caller without credentials there, and another path does not exist. */
function isRejection(challenged: Exchange, absent: Exchange): boolean {
  return isRejected(challenged) && json(challenged) !== undefined && absent.response?.status === 404;
}

function isChallenge(exchange: Exchange): boolean {
  return (
    exchange.response?.status === 401 && challengeSchemes(header(exchange, 'www-authenticate')).includes('bearer') && json(exchange) !== undefined
  );
}

/** The audit follows no redirect, because the target of one is not the configured target. Queries and fragments can contain secrets. */
export function redirected(exchange: Exchange): Observation | undefined {
  const to = redirectOf(exchange);
  if (to === undefined) return undefined;
  const advice = isSameOriginRedirect(exchange) ? 'Correct the path in the contract.' : `If that is the API, set AUDIT_API_URL to ${to.origin}.`;
  return observeDoubt(
    'redirected',
    `${requestLine(exchange)} returned ${exchange.response?.status} and redirects to ${to.origin}${to.pathname}. ${advice}`,
    exchange,
  );
}

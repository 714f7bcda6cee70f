import type { Exchange } from '../../model/exchange.ts';
import { cannotTell, described, isLimited, isRejected } from '../../model/response.ts';
import { type Observation, observeDoubt, observeFailure, observePass } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import type { NeverLimited, WhileLimited, WhileLimitedEvidence } from './gather-while-limited.ts';

/** Statuses of an API to which another spelling is another path. */
export const OF_ANOTHER_PATH: readonly number[] = [301, 302, 307, 308, 400, 404, 405, 422];

/** While a tenant is limited, its other requests get 429 too, whatever they contain. A credential in another form may be rejected. */
export function tenantStaysLimited(series: WhileLimited | NeverLimited): Observation[] {
  if ('limited' in series) return staysLimited({ ...series, attempts: series.attempts.filter((each) => !isRejected(each)) });
  const { sent, last } = series;
  return [cannotTell(last) ?? observeDoubt('limit-not-observed', `No response states a limit, and ${counted(sent, 'request')} reached none`, last)];
}

/** The same without a token. An API that does not limit these requests passes, because a caller has no bucket to select. */
export function anonymousStaysLimited(series: WhileLimited | NeverLimited): Observation[] {
  return 'limited' in series ? staysLimited(series) : [cannotTell(series.last) ?? observePass('not-limited', series.last)];
}

function staysLimited({ limited, attempts, spellings, after }: WhileLimited): Observation[] {
  const isOver = [limited, after].find((exchange) => !isLimited(exchange));
  if (isOver !== undefined) return [cannotTell(isOver) ?? observeDoubt('window-turned', 'The limit ended between the requests', limited, after)];
  return [...attempts, ...spellings].flatMap((attempt) => {
    if (isLimited(attempt)) return observePass('fresh-bucket', limited, attempt, after);
    const doubt = cannotTell(attempt);
    if (doubt === undefined && spellings.includes(attempt) && OF_ANOTHER_PATH.includes(attempt.response?.status ?? 0)) return [];
    const what = `${described(attempt)} returned ${attempt.response?.status} while its caller was limited, so it did not count in the caller's bucket`;
    return doubt ?? observeFailure('fresh-bucket', what, limited, attempt, after);
  });
}

/** Forged tokens do not use up the limit of the tenant that they name, and two client addresses have two limits. */
export function othersNotLimited({ named, otherClient }: WhileLimitedEvidence): Observation[] {
  const notLimited = (exchange: Exchange | undefined, code: string, otherwise: string): Observation[] =>
    exchange === undefined
      ? []
      : [isLimited(exchange) ? observeFailure(code, otherwise, exchange) : (cannotTell(exchange) ?? observePass(code, exchange))];
  return [
    ...notLimited(named, 'bucket-of-another', 'A tenant is limited after forged tokens that name it'),
    ...notLimited(otherClient, 'clients-share-a-bucket', 'Clients share one bucket: another client address is limited too'),
  ];
}

/** What was sent and observed. */
export function summaryWhileLimited({ tenant, anonymous, otherClient }: WhileLimitedEvidence): string {
  const part = (who: string, series: WhileLimited | NeverLimited | undefined): string[] => {
    if (series === undefined) return [];
    if (!('limited' in series)) return [`Requests ${who} are not limited: none of ${series.sent} got 429.`];
    const limited = [...series.attempts, ...series.spellings].filter(isLimited);
    return [
      `No response ${who} states a limit. While the caller was limited, ${counted(limited.length, 'request')} with other addresses, headers and tokens got 429.`,
    ];
  };
  const sharing = otherClient === undefined ? 'Sharing between clients was not examined.' : 'Another client address was not limited.';
  return [...part('of a tenant', tenant), ...part('without a token', anonymous), ...(anonymous === undefined ? [] : [sharing])].join(' ');
}

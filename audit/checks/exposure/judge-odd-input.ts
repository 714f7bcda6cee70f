import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { cannotTell, described, expectStatus, header, isHtmlPage } from '../../model/response.ts';
import { combine, conclude, type Observation, observeFailure, observePass, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import type { OddCell, OddInputEvidence } from './gather-odd-bodies.ts';
import { internalsIn } from './internals.ts';
import { judgeForced, judgePermitted } from './judge.ts';

/** A class whose acceptance is less severe than that of forbidden values. */
export const MEDIA_TYPES = 'undocumented media types';

/** Statuses with which a proxy rejects a malformed or too large message, often as a page. */
const REJECTED_ON_THE_WAY = [400, 411, 413, 414, 415, 431];

type Tried = { row: string; column: string } & Extract<OddCell, { exchanges: unknown }>;

/** Forbidden input gets a client error; permitted input may succeed. Nothing causes a server error, and afterwards every list is readable. */
export function judgeOddInput(...evidence: readonly OddInputEvidence[]): Verdict {
  return combine(
    evidence.map(({ cells, after }) => {
      const tried: Tried[] = cells.filter(isTried);
      return conclude(
        [
          ...requireAttempts('odd input', tried),
          ...tried.flatMap((cell) => cell.exchanges.map((exchange) => judge(exchange, cell))),
          ...after.map((exchange) => expectStatus(exchange, 200, 'list-broken')),
        ],
        `${counted(tried.length, 'request')} with odd input, of ${counted(new Set(tried.map(({ column }) => column)).size, 'operation or parameter', 'operations and parameters')}, got a client error or what the contract permits.`,
      );
    }),
  );
}

function judge(exchange: Exchange, { row, exchanges, permitted, plain }: Tried): Observation {
  const status = exchange.response?.status ?? 0;
  const isPage = isHtmlPage(header(exchange, 'content-type'), exchange.response?.body ?? '');
  if (isPage && REJECTED_ON_THE_WAY.includes(status) && internalsIn(exchange) === undefined) return observePass('rejected-on-the-way', exchange);
  if (plain !== undefined) return judgeLimit(exchange, plain, exchanges);
  const observation = permitted ? judgePermitted(exchange, exchanges) : judgeForced(exchange, exchanges);
  return row === MEDIA_TYPES && observation.code === 'bad-input-accepted' ? { ...observation, code: 'undocumented-type-accepted' } : observation;
}

/** A target that rejects a body for its size must also reject it where only the decoded body has that size. */
function judgeLimit(exchange: Exchange, plain: Exchange, exchanges: readonly Exchange[]): Observation {
  const status = exchange.response?.status ?? 0;
  const isLimited = plain.response?.status === 413;
  if (status >= 200 && status < 300)
    return isLimited
      ? observeFailure(
          'limit-bypassed',
          `${described(exchange)} returned ${status}, although the same body without compression got 413.`,
          exchange,
          plain,
        )
      : (cannotTell(plain) ?? observePass('permitted', exchange, plain));
  return judgeForced(exchange, exchanges);
}

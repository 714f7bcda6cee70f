import type { Exchange } from './exchange.ts';
import { record } from './json.ts';
import { header, json } from './response.ts';

/** Verifiers usually allow this much; a larger difference can affect whether a token has expired. */
const TOLERANCE_MS = 5_000;
/** The Date header has whole seconds. */
const HALF_A_SECOND_MS = 500;

/**
 * A sentence where the clocks of audit and target differ by more than 5 seconds and the time the exchange took; otherwise
 * undefined, also where the response has no time.
 * @param property of the health response that states when it was made; without it the Date header is read
 */
export function clockNote(exchange: Exchange, property: string | undefined): string | undefined {
  const stated = Date.parse(String(record(json(exchange))[property ?? '']));
  const byHeader = Date.parse(header(exchange, 'date') ?? '') + HALF_A_SECOND_MS;
  const targetTime = Number.isNaN(stated) ? byHeader : stated;
  const difference = targetTime - (exchange.at + exchange.ms / 2);
  // Not a number where neither has a time: no comparison holds then.
  if (!(Math.abs(difference) > TOLERANCE_MS + HALF_A_SECOND_MS + exchange.ms / 2)) return undefined;
  const seconds = Math.round(Math.abs(difference) / 1_000);
  return `The clock of the target is ${seconds} s ${difference > 0 ? 'ahead of' : 'behind'} the clock of this machine, which affects this check.`;
}

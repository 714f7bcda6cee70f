import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { cannotTell, described, isHtmlPage, header } from '../../model/response.ts';
import { conclude, type Observation, observeDoubt, observeFailure, observePass, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import { gains } from './judge-gains.ts';
import type { SwitchCell } from './gather-switches.ts';
import { internalsIn } from './internals.ts';

/** A read with a switch shows nothing that it does not show without one. */
export function judgeSwitches({ cells }: { cells: readonly SwitchCell[] }): Verdict {
  const tried = cells.filter(isTried);
  const switched = tried.flatMap((cell) => cell.switched);
  return conclude(
    [
      ...requireAttempts('reads with a switch', tried),
      ...tried.flatMap(({ plain, switched: [all, ...single] }) =>
        all === undefined ? [] : [judgeSwitched(all, plain, single), ...single.map((each) => judgeSwitched(each, plain))],
      ),
    ],
    `${counted(switched.length, 'read')} with switches for debugging, fields and formats returned no members, headers or formats that the same read does not return without them.`,
  );
}

/** @param single the same switches one by one: a header that none of them causes is one of some responses only, such as that of a sampled trace */
function judgeSwitched(switched: Exchange, plain: readonly [Exchange, Exchange], single: readonly Exchange[] = []): Observation {
  const doubt = plain.flatMap((each) => cannotTell(each, 200) ?? [])[0];
  if (doubt) return doubt;
  if (plain.some(({ response }) => response?.status !== 200))
    return observeDoubt('control-failed', `${described(plain[0])}: the read without a switch did not succeed`, ...plain);
  const isCaused = (code: string): boolean => single.length === 0 || single.some((each) => gains(each, plain).some((other) => other.code === code));
  const [gain] = gains(switched, plain).filter(({ code }) => code !== 'headers-gained' || isCaused(code));
  if (gain !== undefined)
    return observeFailure(
      gain.code,
      `${described(switched)} returned ${gain.what}, which the same read does not return without it.`,
      switched,
      plain[0],
    );
  const shown = (switched.response?.status ?? 0) >= 400 ? internalsIn(switched) : undefined;
  if (shown !== undefined)
    return observeFailure('internals-shown', `${described(switched)} returned ${switched.response?.status} with ${shown}.`, switched);
  // A page for people that rejects the format has no data.
  const isRejection = [400, 404, 406, 415, 422].includes(switched.response?.status ?? 0);
  if (isRejection && isHtmlPage(header(switched, 'content-type'), switched.response?.body ?? '')) return observePass('rejected', switched);
  return cannotTell(switched) ?? observePass('nothing-gained', switched, plain[0]);
}

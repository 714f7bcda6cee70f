import type { Exchange } from '../../model/exchange.ts';
import { isJsonType, mediaType } from '../../model/header-fields.ts';
import { isTried } from '../../model/matrix.ts';
import { cannotTell, described, header } from '../../model/response.ts';
import { conclude, isSilent, type Observation, observeFailure, observePass, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import { FORGED_HOST, INJECTED_HEADER, REDIRECT_HOST } from './bad-input.ts';
import type { ReflectionEvidence } from './gather-reflection.ts';

/** No response contains a forged host, redirects to another host, or repeats markup in a page. */
export function judgeReflection({ markup, cells }: ReflectionEvidence): Verdict {
  const tried = cells.filter(isTried);
  return conclude(
    [...requireAttempts('reads and creations with values to reflect', tried), ...tried.map(({ exchange }) => judge(exchange, markup))],
    `${counted(tried.length, 'request')} with forged hosts, targets of redirects and markup: no response contains such a host, redirects to another one or repeats markup outside of JSON.`,
  );
}

function judge(exchange: Exchange, markup: string): Observation {
  const found = findingIn(exchange, markup);
  if (found !== undefined && !isSilent(exchange))
    return observeFailure(found[0], `${described(exchange)} returned ${exchange.response?.status} ${found[1]}.`, exchange);
  const doubt = cannotTell(exchange);
  // An HTML page that repeats nothing shows that, whichever part of the target sent it.
  return doubt === undefined || doubt.code === 'html-answer' ? observePass('not-reflected', exchange) : doubt;
}

function findingIn(exchange: Exchange, markup: string): [code: string, what: string] | undefined {
  const { response } = exchange;
  if (response === undefined) return undefined;
  const place = Object.entries(response.headers).find(([, values]) => values.some((value) => value.includes(FORGED_HOST)))?.[0];
  if (place !== undefined) return ['host-reflected', `with the forged host in ${place}`];
  if (response.body.includes(FORGED_HOST)) return ['host-reflected', 'with the forged host in its body'];
  if (response.headers[INJECTED_HEADER] !== undefined) return ['header-injected', 'with a header that a parameter contained'];
  const to = redirectTarget(exchange);
  if (to?.hostname.endsWith(REDIRECT_HOST) === true) return ['redirected-elsewhere', `with a redirect to ${to.host}`];
  const type = header(exchange, 'content-type');
  // Browsers render neither JSON nor plain text.
  const isRendered = !isJsonType(type) && mediaType(type) !== 'text/plain';
  return isRendered && response.body.includes(markup)
    ? ['markup-reflected', `as ${mediaType(type) || 'a body without a type'} with the markup of the request`]
    : undefined;
}

/** Browsers follow Location of a redirect and of a creation only where a script does, and Refresh always. They take a backslash for a slash. */
function redirectTarget(exchange: Exchange): URL | undefined {
  const refresh = /url=(.+)$/i.exec(header(exchange, 'refresh') ?? '')?.[1];
  const location = header(exchange, 'location') ?? refresh;
  return location === undefined ? undefined : (URL.parse(location, exchange.request.url) ?? undefined);
}

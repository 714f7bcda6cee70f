import type { Exchange } from '../../model/exchange.ts';
import { cannotTell, comparable, pathOf } from '../../model/response.ts';
import type { Observation } from '../../model/verdict.ts';

/** The same request of another tenant for an object of A and for an object that does not exist. */
export type Two = { foreign: Exchange; unknown: Exchange };

/** Both are sent once more where they differ. */
export type Pair = Two & { again?: Two };

/** They follow from the body, which is compared by itself. */
const OF_THE_BODY = /^(etag|content-length|content-digest|repr-digest|digest|content-md5)$/;

/** Frameworks and proxies reject unusual requests with a page of their own: it shows that the API did not execute them. */
const REJECTIONS = [400, 404, 405, 406, 411, 413, 414, 415, 422, 431];

/** Why the response to an unusual request shows nothing; undefined where it can be judged. */
export function doubtOfOdd(exchange: Exchange): Observation | undefined {
  const { status = 0, headers = {} } = exchange.response ?? {};
  return REJECTIONS.includes(status) && headers['x-railway-fallback'] === undefined ? undefined : cannotTell(exchange);
}

/** What differs between the two responses, such as status or header allow; possibly because it differs between any two. */
export function differencesIn({ foreign, unknown }: Two): string[] {
  return differencesBetween(foreign, unknown);
}

/** What differs both times, while each of the requests got the same response twice. */
export function lastingDifferences({ again, ...first }: Pair): string[] {
  if (again === undefined) return [];
  const varying = [...differencesBetween(first.foreign, again.foreign), ...differencesBetween(first.unknown, again.unknown)];
  return differencesIn(first).filter((name) => differencesIn(again).includes(name) && !varying.includes(name));
}

/** A response may quote the path or the id: only what also differs without them counts. */
export function differencesBetween(one: Exchange, other: Exchange): string[] {
  const [plain, stripped] = [
    [traitsOf(one, false), traitsOf(other, false)],
    [traitsOf(one, true), traitsOf(other, true)],
  ];
  const isAlike = ([first, second]: ReadonlyMap<string, string>[], name: string): boolean => first?.get(name) === second?.get(name);
  const names = new Set(plain.flatMap((traits) => [...traits.keys()]));
  return [...names].filter((name) => !isAlike(plain, name) && !isAlike(stripped, name));
}

function traitsOf(exchange: Exchange, withoutIds: boolean): ReadonlyMap<string, string> {
  const { status, headers = {} } = exchange.response ?? {};
  const strip = (text: string): string => (withoutIds ? wordsOf(exchange).reduce((rest, word) => rest.replaceAll(word, '<id>'), text) : text);
  return new Map([
    ['status', String(status ?? exchange.error)],
    ['body', strip(comparable(exchange))],
    ['names of headers', Object.keys(headers).toSorted().join()],
    ...Object.entries(headers)
      .filter(([name]) => !OF_THE_BODY.test(name))
      .map(([name, values]): [string, string] => [`header ${name}`, strip(values.join())]),
  ]);
}

/** Segments of the path that can be ids, as sent and decoded, the longest first. */
function wordsOf({ request }: Exchange): RegExp[] {
  const [path = ''] = pathOf(request.url).split('?');
  const segments = path.split('/').filter((segment) => /\d|.{6}/.test(segment));
  const spellings = [path, ...segments].flatMap((each) => [each, decoded(each)]).toSorted((a, b) => b.length - a.length);
  return spellings.filter((each) => each.length > 0).map((each) => new RegExp(`(?<![\\w-])${RegExp.escape(each)}(?![\\w-])`, 'g'));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

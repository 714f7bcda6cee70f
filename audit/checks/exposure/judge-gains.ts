import type { Exchange } from '../../model/exchange.ts';
import { mediaType } from '../../model/header-fields.ts';
import { parseJson, record } from '../../model/json.ts';
import { header } from '../../model/response.ts';

export type Gain = { code: 'members-gained' | 'type-changed' | 'headers-gained'; what: string };

/** Headers that state what one request did. */
const OF_DEBUGGING = /debug|trace|profil|sql|query|queries|timing|explain|elapsed/;

/** What a response has that those to the same request without a switch do not have. Fewer members or other values are no gain. */
export function gains(switched: Exchange, plain: readonly Exchange[]): Gain[] {
  const { response } = switched;
  if (response === undefined || response.status >= 400 || plain.some((each) => each.response === undefined)) return [];
  const types = plain.map((each) => mediaType(header(each, 'content-type')));
  const type = mediaType(header(switched, 'content-type'));
  const known = new Set(plain.flatMap((each) => membersOf(parseJson(each.response?.body))));
  const body = parseJson(response.body);
  const isOtherFormat = response.body !== '' && body === undefined && plain.every((each) => parseJson(each.response?.body) !== undefined);
  const members = [...new Set(membersOf(body))].filter((member) => !known.has(member));
  const names = Object.keys(response.headers).filter((name) => OF_DEBUGGING.test(name) && plain.every((each) => header(each, name) === undefined));
  return [
    ...(response.body !== '' && !types.includes(type) ? [{ code: 'type-changed', what: `the content type ${type || '(none)'}` } as const] : []),
    ...(isOtherFormat && types.includes(type) ? [{ code: 'type-changed', what: 'a body that is not JSON' } as const] : []),
    ...(members.length > 0 ? [{ code: 'members-gained', what: `the members ${members.slice(0, 5).join(', ')}` } as const] : []),
    ...(names.length > 0 ? [{ code: 'headers-gained', what: `the headers ${names.join(', ')}` } as const] : []),
  ];
}

/** Paths of all members of objects; those of an array count once for all of its items. */
function membersOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each: unknown) => membersOf(each, `${at}[]`));
  return Object.entries(record(value)).flatMap(([name, each]) => {
    const member = at === '' ? name : `${at}.${name}`;
    return [member, ...membersOf(each, member)];
  });
}

/** Header fields by the grammars of their standards. Several lines of a field are one list, joined by commas (RFC 9110 section 5.3). */

/** The members of a list whose separator may occur in quoted strings. */
export function members(value: string | undefined, separator: ',' | ';' = ','): string[] {
  const pattern = new RegExp(`(?:"(?:\\\\.|[^"\\\\])*"|[^${separator}"]|")+`, 'g');
  return [...(value ?? '').matchAll(pattern)].map(([member]) => member.trim()).filter((member) => member !== '');
}

/** The members in lower case, for fields whose members are tokens: Vary, Allow. */
export function tokens(value: string | undefined): string[] {
  return members(value).map((member) => member.toLowerCase());
}

/** Names in lower case with their values, quoted or not: Cache-Control, and with semicolons Strict-Transport-Security. */
export function directives(value: string | undefined, separator: ',' | ';' = ','): ReadonlyMap<string, string> {
  const pairs = members(value, separator).map((member) => {
    const [name = '', ...rest] = member.split('=');
    return [name.trim().toLowerCase(), unquoted(rest.join('=').trim())] as const;
  });
  // The first one counts: a second one is invalid (RFC 6797 section 6.1), or less strict readers ignore it.
  return new Map(pairs.toReversed());
}

function unquoted(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text;
}

/** Type and subtype in lower case, without parameters (RFC 9110 section 8.3.1); empty where there is none. */
export function mediaType(value: string | undefined): string {
  return members(value, ';')[0]?.toLowerCase() ?? '';
}

/** JSON, or a format that is JSON by its suffix (RFC 6839 section 3.1). */
export function isJsonType(value: string | undefined): boolean {
  return /^(application|text)\/json$|\+json$/.test(mediaType(value));
}

/** The schemes of all challenges, in lower case (RFC 9110 section 11.6.1): a list in which each challenge may itself have a list. */
export function challengeSchemes(value: string | undefined): string[] {
  return members(value).flatMap((member) => {
    const [, scheme, rest = ''] = /^([\w!#$%&'*+.^`|~-]+)(.*)$/s.exec(member) ?? [];
    return scheme === undefined || /^\s*=/.test(rest) ? [] : [scheme.toLowerCase()];
  });
}

/** Each would end a part of the URL, or begin an escape. */
const RESERVED = { '#': '%23', '/': '%2F', '?': '%3F', '@': '%40', '%': '%25', ' ': '%20' } as const;

/**
 * Whether the password of a URL has characters that make it another URL; undefined where it has none, or the text is no URL at all.
 * What a parser says of such a text is untrue: it takes a part of the password for the port, the path or the parameters.
 */
export function passwordProblem(value: string): string | undefined {
  const rest = /^[a-z][a-z\d+.-]*:\/\/(.*)$/is.exec(value)?.[1];
  if (rest === undefined) return undefined;
  const end = rest.lastIndexOf('@');
  const [authority = ''] = rest.split(/[/?#]/, 1);
  const userInfo = rest.slice(0, end);
  const password = userInfo.replace(/^[^:]*:/, '');
  if (end > authority.length && !isInParameter(authority, userInfo)) {
    const found = Object.entries(RESERVED).filter(([character]) => isUnencoded(password, character));
    const advice = found.map(([character, encoded]) => `${encoded} for ${character === ' ' ? 'a space' : character}`);
    return `has characters in its password that must be percent-encoded: write ${advice.join(', ')}`;
  }
  return isDecodable(password) ? undefined : 'has a % in its password that must be percent-encoded: write %25 for %';
}

/** As in `?application_name=app@host`, after a host. */
function isInParameter(authority: string, beforeLast: string): boolean {
  return authority.includes('@') && /[?&][^?&=]+=[^&]*$/.test(beforeLast.slice(authority.length));
}

function isUnencoded(password: string, character: string): boolean {
  return character === '%' ? /%(?![\da-f]{2})/i.test(password) : password.includes(character);
}

/** Drivers differ in what they do with others: pg encodes such a %, and with it some that were right; node-redis fails. */
function isDecodable(password: string): boolean {
  try {
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}

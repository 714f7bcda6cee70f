import { succeeds } from '../succeeds.ts';

/** Each of these ends a part of a URL, or begins an escape. */
const RESERVED = { '#': '%23', '/': '%2F', '?': '%3F', '@': '%40', '%': '%25', ' ': '%20' } as const;

/**
 * States which characters of a URL's password must be percent-encoded. Undefined if there are none, or if the text is not a URL. The URL
 * parser reads such a password as port, path or parameters, so the other checks would report the wrong problem.
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
  // pg encodes a bare % together with some valid escapes; node-redis throws.
  const isDecodable = succeeds(() => decodeURIComponent(password));
  return isDecodable ? undefined : 'has a % in its password that must be percent-encoded: write %25 for %';
}

/** As in `?application_name=app@host`, after a host. */
function isInParameter(authority: string, beforeLast: string): boolean {
  return authority.includes('@') && /[?&][^?&=]+=[^&]*$/.test(beforeLast.slice(authority.length));
}

function isUnencoded(password: string, character: string): boolean {
  return character === '%' ? /%(?![\da-f]{2})/i.test(password) : password.includes(character);
}

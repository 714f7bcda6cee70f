import { withoutControls } from './plain-text.ts';
import type { ShownExchange } from '../run/run.ts';

/** A command line for a shell in which AUDIT_API_URL, TOKEN_A and TOKEN_B are set. */
export function curlLine({ method, path, from, headers, body }: ShownExchange): string {
  const sent = [...(from === undefined ? [] : [['Origin', from] as const]), ...headers];
  const line = [
    'curl -i',
    ...(method === 'GET' ? [] : [`-X ${method}`]),
    ...sent.map(([name, value]) => `-H ${shellWord(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data ${shellWord(body)}`]),
    `"$AUDIT_API_URL${escapeForShell(path)}"`,
  ].join(' ');
  return withoutControls(line);
}

/** In single quotes; in double quotes if it contains a token, which is a variable of the reader's shell. */
function shellWord(text: string): string {
  const withVariable = placeholders(escapeForShell(text));
  return withVariable.includes('$TOKEN') ? `"${withVariable}"` : `'${text.replaceAll("'", `'\\''`)}'`;
}

function escapeForShell(text: string): string {
  return text.replaceAll(/["$`\\]/g, '\\$&');
}

function placeholders(text: string): string {
  return text
    .replaceAll(/<(token of tenant A|AUDIT_TOKEN_A)>/g, '$TOKEN_A')
    .replaceAll(/<(token of tenant B|AUDIT_TOKEN_B)>/g, '$TOKEN_B')
    .replaceAll(/<token( of limited tenant)?>/g, '$TOKEN');
}

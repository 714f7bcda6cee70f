import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/**
 * Prints a token of a test user of an app with Better Auth and its `jwt()` plugin, for AUDIT_TOKEN_COMMAND:
 * `["node", "audit/recipes/better-auth-token.ts", "https://app.example.com"]`. In AUDIT_EMAIL, such as `audit+{user}@example.com`, `{user}`
 * stands for the letter of the user in lower case. AUDIT_PASSWORD is that of all test users. With `--sign-up` a missing user is created first.
 * `--origin=<origin>` names the app's origin where the URL is another address of it.
 */
async function main(args: readonly string[]): Promise<void> {
  const [url = '', user = ''] = args.filter((arg) => !arg.startsWith('--'));
  const origin = args.find((arg) => arg.startsWith('--origin='))?.slice('--origin='.length) ?? new URL(url).origin;
  const { AUDIT_CA_FILE: caFile, AUDIT_EMAIL: pattern = '', AUDIT_PASSWORD: password } = process.env;
  if (!pattern.includes('{user}') || password === undefined)
    throw new Error('AUDIT_EMAIL, such as audit+{user}@example.com, or AUDIT_PASSWORD is missing.');
  const email = pattern.replace('{user}', user.toLowerCase());
  if (caFile !== undefined) setDefaultCACertificates([...getCACertificates('default'), readFileSync(caFile, 'utf8')]);

  const send = (path: string, init: { method?: string; body?: string; headers?: Record<string, string> }): Promise<Response> =>
    fetch(new URL(`/api/auth${path}`, url), {
      ...init,
      redirect: 'error',
      headers: { origin, 'content-type': 'application/json', ...init.headers },
    });
  const body = JSON.stringify({ email, password, name: email });
  const signedUp = args.includes('--sign-up') ? await send('/sign-up/email', { method: 'POST', body }) : undefined;
  // The user may exist.
  const signedIn = signedUp?.ok === true ? signedUp : await send('/sign-in/email', { method: 'POST', body });
  if (!signedIn.ok) throw new Error(`The sign-in of user ${user} returned ${signedIn.status}.`);
  const cookie = signedIn.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const response = await send('/token', { headers: { cookie } });
  if (!response.ok) throw new Error(`GET /api/auth/token returned ${response.status}. Is the jwt() plugin installed?`);
  const { token } = (await response.json()) as { token: string };
  process.stdout.write(`${token}\n`);
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : 'unknown reason');
  process.exitCode = 1;
});

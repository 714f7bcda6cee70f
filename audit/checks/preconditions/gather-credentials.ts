import type { Actor, Exchange } from '../../model/exchange.ts';
import type { Target } from '../../settings/target.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';

/** Each credential, what it is in a message, and a list request with it. */
export type CredentialsEvidence = readonly { setting: CredentialSetting; exchange: Exchange }[];

export type CredentialSetting = 'AUDIT_JWT_SECRET' | 'AUDIT_TOKEN_A' | 'AUDIT_TOKEN_B' | 'AUDIT_TOKEN_COMMAND' | 'AUDIT_ISSUER_KEY';

export const credentialsEvidence: Evidence<CredentialsEvidence> = {
  name: 'credentials',
  area: 'preconditions',
  genuine: true,
  gather: gatherCredentials,
};

/** One request per credential: rejected requests count against the anonymous rate limit. */
async function gatherCredentials({ credentials, issuer, target, contract, http }: GatherContext): Promise<CredentialsEvidence> {
  const given: [CredentialSetting, Actor, string?][] = usersOf(target.tenants);
  if (issuer?.signer !== undefined) given.push(['AUDIT_ISSUER_KEY', 'tenant A', credentials.tokenFor(credentials.subjectOf('tenant A') ?? '') ?? '']);
  return Promise.all(
    given.map(async ([setting, actor, token]) => ({
      setting,
      exchange: await http.send({ actor, purpose: `list with ${setting}`, path: contract.resource.list.path, ...(token && { token }) }),
    })),
  );
}

function usersOf(tenants: Target['tenants']): [CredentialSetting, Actor][] {
  if ('jwtSecret' in tenants) return [['AUDIT_JWT_SECRET', 'tenant A']];
  const [a, b] = 'command' in tenants ? (['AUDIT_TOKEN_COMMAND', 'AUDIT_TOKEN_COMMAND'] as const) : (['AUDIT_TOKEN_A', 'AUDIT_TOKEN_B'] as const);
  return [
    [a, 'tenant A'],
    [b, 'tenant B'],
  ];
}

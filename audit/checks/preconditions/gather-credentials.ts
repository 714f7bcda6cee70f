import type { Actor, Exchange } from '../../model/exchange.ts';
import type { Target } from '../../settings/target.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { soon } from '../tokens/bad-credentials.ts';

/** Each credential, what it is in a message, and a list request with it. */
export type CredentialsEvidence = readonly { setting: CredentialSetting; exchange: Exchange }[];

export type CredentialSetting =
  'AUDIT_JWT_SECRET' | 'AUDIT_USER_A' | 'AUDIT_USER_B' | 'AUDIT_TOKEN_A' | 'AUDIT_TOKEN_B' | 'AUDIT_TOKEN_COMMAND' | 'AUDIT_ISSUER_KEY';

export const credentialsEvidence: Evidence<CredentialsEvidence> = {
  name: 'credentials',
  area: 'preconditions',
  genuine: true,
  gather: gatherCredentials,
};

/** One request per credential: rejected requests count against the anonymous rate limit. */
async function gatherCredentials({ credentials, issuer, target, contract, http }: GatherContext): Promise<CredentialsEvidence> {
  const given: [CredentialSetting, Actor, string?][] = usersOf(target.tenants);
  const sub = credentials.subjectOf('tenant A');
  const isGiven = 'command' in target.tenants || 'tokenA' in target.tenants;
  // A key that signs attacks only must work too.
  if (credentials.signer !== undefined && isGiven)
    given.push([issuer === undefined ? 'AUDIT_JWT_SECRET' : 'AUDIT_ISSUER_KEY', 'tenant A', credentials.signer.sign({ sub, exp: soon() })]);
  return Promise.all(
    given.map(async ([setting, actor, token]) => ({
      setting,
      exchange: await http.send({ actor, purpose: `list with ${setting}`, path: contract.resource.list.path, ...(token && { token }) }),
    })),
  );
}

function usersOf(tenants: Target['tenants']): [CredentialSetting, Actor][] {
  if ('none' in tenants) return [];
  if ('jwtSecret' in tenants) return [['AUDIT_JWT_SECRET', 'tenant A']];
  const [a, b] = settingsOfUsers(tenants);
  return [
    [a, 'tenant A'],
    [b, 'tenant B'],
  ];
}

function settingsOfUsers(
  tenants: Exclude<Target['tenants'], { jwtSecret: string } | { none: true }>,
): readonly [CredentialSetting, CredentialSetting] {
  if ('command' in tenants) return ['AUDIT_TOKEN_COMMAND', 'AUDIT_TOKEN_COMMAND'];
  return 'userIds' in tenants ? ['AUDIT_USER_A', 'AUDIT_USER_B'] : ['AUDIT_TOKEN_A', 'AUDIT_TOKEN_B'];
}

import type { Exchange } from '../../model/exchange.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';

/** Each credential by the name of its setting, and a list request with it. */
export type CredentialsEvidence = readonly { setting: 'AUDIT_JWT_SECRET' | 'AUDIT_TOKEN_A' | 'AUDIT_TOKEN_B'; exchange: Exchange }[];

export const credentialsEvidence: Evidence<CredentialsEvidence> = { name: 'credentials', area: 'preconditions', gather: gatherCredentials };

/** One request per credential: rejected requests count against the anonymous rate limit. */
async function gatherCredentials({ target, contract, http }: GatherContext): Promise<CredentialsEvidence> {
  const given =
    'jwtSecret' in target.tenants
      ? ([['AUDIT_JWT_SECRET', 'tenant A']] as const)
      : ([
          ['AUDIT_TOKEN_A', 'tenant A'],
          ['AUDIT_TOKEN_B', 'tenant B'],
        ] as const);
  return Promise.all(
    given.map(async ([setting, actor]) => ({
      setting,
      exchange: await http.send({ actor, purpose: `list with ${setting}`, path: contract.resource.list.path }),
    })),
  );
}

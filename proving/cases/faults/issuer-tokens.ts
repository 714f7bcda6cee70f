import type { Mutation } from '../../deployment/changed-copy.ts';
import type { IssuerDifference } from '../../deployment/issuer.ts';
import { type Fault, mutate } from '../case.ts';

const ISSUER_TOKEN = 'service/auth/issuer-token.ts';
const CLAIMS = 'service/auth/claims.ts';

const JOSE = "const { decodeProtectedHeader, errors, jwtVerify } = await import('jose');";
const VERIFIED = 'const { payload } = await jwtVerify(token, key, { algorithms: [alg], clockTolerance: NOT_BEFORE_LEEWAY_SECONDS });';
const KEYS = 'for (const key of await keySet.keysFor(alg, kid)) {';
const EXPECTED = 'if (iss === issuer && isForThisApi) return true;';
const AUDIENCE = 'aud === audience || (Array.isArray(aud) && aud.includes(audience))';
const UNEXPIRED = 'exp === undefined || exp * 1_000 <= Date.now() || ';
const USER = 'verified({ exp }, sub)';

const inIssuerToken = (...changes: readonly (readonly [from: string, to: string])[]): Mutation[] =>
  changes.map(([from, to]) => mutate(ISSUER_TOKEN, from, to));

const EXPIRY_IGNORED = inIssuerToken(
  [VERIFIED, VERIFIED.replace('NOT_BEFORE_LEEWAY_SECONDS', '10_000_000_000')],
  [UNEXPIRED, 'exp === undefined || '],
);

/** Accepts the claims of a token without its signature. */
const CLAIMS_OF_TOKEN = "JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())";

/** Accepts the token where a key from elsewhere verifies it. */
const acceptedWith = (condition: string, key: string): Mutation[] =>
  inIssuerToken([
    JOSE,
    `const { decodeProtectedHeader, errors, jwtVerify, importJWK, importX509, importSPKI, exportSPKI } = await import('jose');
    const unverified = attempt(() => decodeProtectedHeader(token)) as any;
    if (unverified !== undefined && (${condition})) {
      const trusted = await (async () => (await jwtVerify(token, ${key}, { algorithms: [unverified.alg] })).payload as any)().catch(() => undefined);
      if (trusted !== undefined) return verified({ exp: trusted.exp }, trusted.sub);
    }`,
  ]);

/** The signature that is verified is another text than the one that the token contains. */
const signatureAs = (expression: string): Mutation[] =>
  inIssuerToken([
    VERIFIED,
    `const [head = '', body = '', signature = ''] = token.split('.');
          const bytes = Buffer.from(signature, 'base64url');
          const { payload } = await jwtVerify(\`\${head}.\${body}.\${(${expression}).toString('base64url')}\`, key, { algorithms: [alg], clockTolerance: NOT_BEFORE_LEEWAY_SECONDS });`,
  ]);

function fault(
  id: string,
  what: string,
  caughtBy: Fault['caughtBy'],
  source: readonly Mutation[],
  {
    issuer = {},
    settings,
    ...more
  }: Pick<Fault, 'variant' | 'seenIn'> & { issuer?: IssuerDifference; settings?: Record<string, string | undefined> } = {},
): Fault {
  return { id: `issuer-${id}`, what, caughtBy, ...more, deployment: { issuer, ...(source.length > 0 && { source }), ...(settings && { settings }) } };
}

/** Faults of an API that verifies tokens with an issuer's public keys. */
export const issuerTokens: readonly Fault[] = [
  fault(
    'decoded',
    "the issuer's tokens are decoded and not verified",
    ['token-unpublished-key', 'token-signature-form', 'token-tampered'],
    [...inIssuerToken([VERIFIED, `const payload = ${CLAIMS_OF_TOKEN};`])],
  ),
  fault(
    'public-key-as-secret',
    'one verification accepts HS256 and the algorithms of the public keys, with the public key as PEM',
    ['token-public-key-as-secret'],
    acceptedWith("unverified.alg === 'HS256'", "Buffer.from(await exportSPKI((await keySet.keysFor('EdDSA', unverified.kid))[0]!))"),
    { seenIn: 'https://auth0.com/blog/critical-vulnerabilities-in-json-web-token-libraries/' },
  ),
  fault(
    'public-key-set-as-secret',
    'the text of the key set, which was configured by mistake, is the HS256 secret',
    ['token-public-key-as-secret'],
    acceptedWith("unverified.alg === 'HS256'", "Buffer.from(await (await fetch(process.env['AUTH_JWKS_URL']!)).text())"),
    { variant: true },
  ),
  fault(
    'alg-none',
    'tokens with the algorithm none are accepted',
    ['token-algorithm'],
    inIssuerToken([
      JOSE,
      `${JOSE}\n    if (/^eyJhbGciOiJub25lI/.test(token)) { const { exp, sub } = ${CLAIMS_OF_TOKEN}; return verified({ exp }, sub); }`,
    ]),
    { variant: true },
  ),
  fault(
    'embedded-jwk',
    "a public key in the token's header is trusted",
    ['token-key-in-header'],
    acceptedWith('unverified.jwk !== undefined', 'await importJWK(unverified.jwk, unverified.alg)'),
    { seenIn: 'https://nvd.nist.gov/vuln/detail/CVE-2018-0114' },
  ),
  fault(
    'jku-fetched',
    'the key set is fetched from the URL in jku',
    ['token-key-in-header'],
    acceptedWith(
      'unverified.jku !== undefined',
      'await importJWK((await (await fetch(unverified.jku)).json() as any).keys.find((each: any) => each.kid === unverified.kid), unverified.alg)',
    ),
  ),
  fault(
    'x5u-requested',
    'the URL in x5u is requested, although its key is not used',
    ['token-key-in-header'],
    inIssuerToken([
      JOSE,
      `${JOSE}\n    const { x5u } = (attempt(() => decodeProtectedHeader(token)) ?? {}) as { x5u?: string };\n    if (x5u !== undefined) await fetch(x5u).catch(() => {});`,
    ]),
  ),
  fault(
    'x5c-trusted',
    'the key in x5c is trusted without its chain',
    ['token-key-in-header'],
    acceptedWith(
      'unverified.x5c !== undefined',
      'await importSPKI(`-----BEGIN PUBLIC KEY-----\\n${unverified.x5c[0]}\\n-----END PUBLIC KEY-----`, unverified.alg)',
    ),
    { variant: true },
  ),
  fault(
    'discovered-from-iss',
    "the key set is fetched from the token's own iss",
    ['token-key-in-header'],
    acceptedWith(
      `${CLAIMS_OF_TOKEN}.iss.startsWith('http:')`,
      `await importJWK((await (await fetch(\`\${${CLAIMS_OF_TOKEN}.iss}/.well-known/jwks.json\`)).json() as any).keys.find((each: any) => each.kid === unverified.kid), unverified.alg)`,
    ),
    { variant: true },
  ),
  fault('signature-trimmed', 'bytes after the signature are ignored', ['token-signature-form'], signatureAs('bytes.subarray(0, 64)')),
  fault('signature-padded', 'zero bytes before the signature are ignored', ['token-signature-form'], signatureAs('bytes.subarray(-64)'), {
    variant: true,
  }),
  fault(
    'signature-of-zeros',
    'a signature of zeros verifies',
    ['token-signature-form'],
    inIssuerToken([
      VERIFIED,
      `const zeros = Buffer.from(token.split('.')[2] ?? '', 'base64url').every((byte) => byte === 0);\n          const payload = zeros ? ${CLAIMS_OF_TOKEN} : (await jwtVerify(token, key, { algorithms: [alg], clockTolerance: NOT_BEFORE_LEEWAY_SECONDS })).payload;`,
    ]),
    { issuer: { alg: 'ES256' }, seenIn: 'https://nvd.nist.gov/vuln/detail/CVE-2022-21449' },
  ),
  fault(
    'signature-malleable',
    'the scalar of an Ed25519 signature is reduced before it is verified',
    ['token-signature-form'],
    signatureAs(
      "Buffer.concat([bytes.subarray(0, 32), Buffer.from((BigInt('0x' + Buffer.from(bytes.subarray(32)).reverse().toString('hex')) % (2n ** 252n + 27742317777372353535851937790883648493n)).toString(16).padStart(64, '0'), 'hex').reverse()])",
    ),
    { variant: true },
  ),
  fault('iss-ignored', 'iss is ignored', ['token-issuer'], inIssuerToken([EXPECTED, 'if (isForThisApi) return true;'])),
  fault(
    'iss-without-slash',
    'iss is compared without a trailing slash',
    ['token-issuer'],
    inIssuerToken([EXPECTED, "if (iss?.replace(/\\/$/, '') === issuer.replace(/\\/$/, '') && isForThisApi) return true;"]),
    { variant: true },
  ),
  fault(
    'iss-optional',
    'a token without iss is accepted',
    ['token-issuer'],
    inIssuerToken([EXPECTED, 'if ((iss === undefined || iss === issuer) && isForThisApi) return true;']),
    {
      variant: true,
    },
  ),
  fault('aud-ignored', 'aud is ignored', ['token-issuer'], inIssuerToken([EXPECTED, 'if (iss === issuer) return true;'])),
  fault('aud-optional', 'a token without aud is accepted', ['token-issuer'], inIssuerToken([AUDIENCE, `aud === undefined || ${AUDIENCE}`])),
  fault(
    'aud-of-any-list',
    'a list of audiences is accepted whatever it contains',
    ['token-issuer'],
    inIssuerToken([AUDIENCE, 'aud === audience || Array.isArray(aud)']),
    {
      variant: true,
    },
  ),
  fault('azp-ignored', 'azp is ignored', ['token-issuer'], inIssuerToken(["typeof azp === 'string' && origins.includes(azp)", 'true']), {
    issuer: { claims: { aud: undefined, azp: 'https://tasks-app.vercel.app' } },
    settings: { AUTH_AUDIENCE: undefined },
  }),
  fault('pending-session', "a pending session of Clerk's is accepted", ['token-issuer'], inIssuerToken([" || payload['sts'] === 'pending'", '']), {
    variant: true,
    issuer: { claims: { sts: 'active' } },
  }),
  fault('exp-ignored', 'exp is ignored', ['token-expired'], EXPIRY_IGNORED),
  fault('exp-ignored-in-production', 'exp is ignored, and the audit was given an old token instead of a key', ['token-expired'], EXPIRY_IGNORED, {
    issuer: { withoutPrivateKey: true },
    settings: { RATE_LIMIT_PER_MINUTE: '1000' },
  }),
  fault(
    'exp-optional',
    'a token without exp is accepted',
    ['token-without-exp'],
    inIssuerToken([UNEXPIRED, ''], [USER, 'verified({ exp: exp ?? 4_000_000_000 }, sub)']),
  ),
  fault(
    'exp-infinite',
    'an exp that is too large for a number is accepted',
    ['token-without-exp'],
    [mutate(CLAIMS, 'if (!Number.isFinite(exp)) return undefined;', '')],
  ),
  fault(
    'nbf-ignored',
    'nbf is compared with a tolerance of a day',
    ['token-claims'],
    inIssuerToken([VERIFIED, VERIFIED.replace('NOT_BEFORE_LEEWAY_SECONDS', '86_400')]),
    { variant: true },
  ),
  fault('type-ignored', 'tokens for another purpose are accepted', ['token-issuer', 'token-claims'], inIssuerToken([' || !isTypeJwt(typ)', ''])),
  fault(
    'user-from-email',
    'if a token has no sub, email is the user',
    ['token-claims'],
    inIssuerToken([USER, "verified({ exp }, sub ?? payload['email'])"]),
    { variant: true },
  ),
  fault('withdrawn-key', 'a cache in front of the issuer still serves a key that the issuer has withdrawn', ['token-issuer'], [], {
    issuer: { servesWithdrawnKeyFirst: true },
  }),
  fault(
    'unknown-kid-500',
    'an unknown kid causes an error',
    ['token-unpublished-key'],
    inIssuerToken([KEYS, `if ((await keySet.keysFor(alg, kid)).length === 0) throw new Error('no key');\n      ${KEYS}`]),
  ),
  fault(
    'unset-secret-is-empty',
    'without a shared secret the empty text is one',
    ['token-wrong-key'],
    [
      mutate(
        'service/auth/shared-secret.ts',
        "return secret === undefined ? undefined : createSecretKey(secret, 'utf8');",
        "return createSecretKey(secret ?? '', 'utf8');",
      ),
    ],
    { variant: true },
  ),
  fault(
    'cached-by-user',
    'verified tokens are cached by user, so later signatures are not verified',
    ['token-unpublished-key', 'token-signature-form', 'token-tampered'],
    [
      mutate(
        'service/auth/token-cache.ts',
        "const digest = hash('sha256', token, 'base64');",
        `const digest = hash('sha256', String((() => { try { return ${CLAIMS_OF_TOKEN}.sub; } catch { return token; } })()), 'base64');`,
      ),
    ],
    { variant: true },
  ),
];

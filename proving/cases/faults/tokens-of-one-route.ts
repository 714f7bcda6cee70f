import { type Fault, mutate } from '../case.ts';

const APP = 'service/app.ts';
const REQUIRED = "app.use('/api/v1', requireCaller);";
const JWT_IMPORT = mutate(
  APP,
  "import express, { type Express } from 'express';",
  "import express, { type Express } from 'express';\nimport jwt from 'jsonwebtoken';",
);

/** A route that identifies its caller itself, with a weaker verification than the rest of the service. */
const identifiedBy = (claims: string, where: string) => [
  JWT_IMPORT,
  mutate(
    APP,
    REQUIRED,
    `app.use((req, res, next) => {
    const token = req.get('authorization')?.replace(/^Bearer /i, '') ?? '';
    const here = (method: string, path: RegExp): boolean => req.method === method && path.test(req.path);
    if (res.locals.caller !== undefined || !(${where})) return next();
    try {
      const claims = ${claims} as jwt.JwtPayload | null;
      if (typeof claims?.sub === 'string') res.locals.caller = { userId: claims.sub };
    } catch {
      // Rejected below.
    }
    return next();
  });
  ${REQUIRED}`,
  ),
];

const at = (method: string, path: string) => `here('${method}', ${path})`;
const TAG_DELETION = at('DELETE', String.raw`/^\/api\/v1\/tags\/\d+$/`);
const TAG_CREATION = at('POST', String.raw`/^\/api\/v1\/tags$/`);
const TAG_LIST = at('GET', String.raw`/^\/api\/v1\/tags$/`);
const TAG_READ = at('GET', String.raw`/^\/api\/v1\/tags\/\d+$/`);
const SUGGESTIONS = at('GET', String.raw`/^\/api\/v1\/tags\/autocomplete$/`);
const TOGGLE = at('PATCH', String.raw`/complete$/`);
const UPDATE = at('PUT', String.raw`/^\/api\/v1\/tasks\/\d+$/`);
const verify = (options: string) => `jwt.verify(token, config.jwtSecret!, { algorithms: ['HS256'], ${options} })`;

/** The verification is right everywhere else. */
export const tokensOfOneRoute: readonly Fault[] = [
  {
    id: 'expired-token-accepted-by-toggle',
    what: 'completing a task accepts expired tokens, for devices that were offline',
    caughtBy: ['token-every-operation'],
    deployment: { source: identifiedBy(verify('ignoreExpiration: true'), TOGGLE) },
  },
  {
    id: 'expired-token-accepted-by-tag-deletion',
    variant: true,
    what: 'deleting a tag accepts tokens for ten minutes after their end, as a tolerance of clocks',
    caughtBy: ['token-every-operation'],
    deployment: { source: identifiedBy(verify('clockTolerance: 600'), TAG_DELETION) },
  },
  {
    id: 'early-token-accepted-by-tag-creation',
    what: 'creating a tag ignores nbf',
    caughtBy: ['token-every-operation'],
    deployment: { source: identifiedBy(verify('ignoreNotBefore: true'), TAG_CREATION) },
  },
  {
    id: 'early-token-accepted-by-update',
    variant: true,
    what: 'updating a task allows an hour between the clocks',
    caughtBy: ['token-every-operation'],
    deployment: { source: identifiedBy(verify('clockTolerance: 3_700, ignoreExpiration: false'), UPDATE) },
  },
  {
    id: 'token-decoded-by-tag-creation',
    variant: true,
    what: 'creating a tag decodes the token, because a gateway once verified it',
    caughtBy: ['token-every-operation'],
    deployment: { source: identifiedBy('jwt.decode(token)', TAG_CREATION) },
  },
  {
    id: 'token-decoded-by-tag-list',
    what: 'the list of tags decodes the token, so that it works while the keys are rotated',
    caughtBy: ['token-every-operation'],
    deployment: { source: identifiedBy('jwt.decode(token)', TAG_LIST) },
  },
  {
    id: 'unsigned-token-accepted-by-toggle',
    variant: true,
    what: 'completing a task accepts tokens without a signature, which its tests use',
    caughtBy: ['token-every-operation'],
    deployment: {
      source: identifiedBy(
        "((jwt.decode(token, { complete: true })?.header.alg ?? 'none').toLowerCase() === 'none' ? jwt.decode(token) : null)",
        TOGGLE,
      ),
    },
  },
  {
    id: 'signature-of-other-token-accepted-by-tag',
    what: 'reading a tag compares only the length of the signature',
    caughtBy: ['token-every-operation'],
    deployment: { source: identifiedBy("(token.split('.')[2]?.length === 43 ? jwt.decode(token) : null)", TAG_READ) },
  },
  {
    id: 'endless-token-accepted-by-suggestions',
    variant: true,
    what: 'suggestions accept tokens without an expiry, which a widget of another site got',
    caughtBy: ['token-every-operation'],
    deployment: {
      source: identifiedBy(
        "((claims) => (typeof claims === 'object' && claims.exp === undefined ? claims : null))(jwt.verify(token, config.jwtSecret!))",
        SUGGESTIONS,
      ),
    },
  },
  {
    id: 'any-token-accepted-by-tag-deletion',
    variant: true,
    what: 'deleting a tag tests only that there is an Authorization header, and looks for the tag of any owner',
    caughtBy: ['token-every-operation'],
    deployment: { source: identifiedBy("(token !== '' ? (jwt.decode(token) ?? { sub: 'anonymous' }) : null)", TAG_DELETION) },
  },
];

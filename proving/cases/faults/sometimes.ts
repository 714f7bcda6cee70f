import { type Fault, mutate } from '../case.ts';

const CROSS_ORIGIN = 'service/middleware/cross-origin.ts';
const TASKS = 'service/tasks/queries.ts';
const VERIFY = 'service/auth/shared-secret.ts';

/** One response in three: one of three instances behind the edge still runs a release in which the fault is not fixed. */
const SHARE = 1 / 3;
const OLD = 'Math.random() < 1 / 3';
const NEW = 'Math.random() >= 1 / 3';

/** Each fault also exists as a permanent one. The number of observations of that one determines the survival probability. */
export const sometimes: readonly Fault[] = [
  {
    id: 'headers-missing-sometimes',
    what: 'one instance of three has no security headers',
    caughtBy: ['security-headers'],
    sometimes: { share: SHARE, of: 'helmet-missing' },
    deployment: {
      edge: {
        rewrite: (headers) =>
          Math.random() < SHARE ? headers.filter(([name]) => !/^(content-security-policy|strict-transport-security|x-)/i.test(name)) : headers,
      },
    },
  },
  {
    id: 'cors-reflected-sometimes',
    variant: true,
    what: 'one instance of three reflects any origin',
    caughtBy: ['wire-refused-origins'],
    sometimes: { share: SHARE, of: 'cors-reflected' },
    deployment: {
      source: [
        mutate(
          CROSS_ORIGIN,
          'if (origin !== undefined && !allowed.has(origin) && !isOwn) throw originNotAllowed();',
          `if (origin !== undefined && !allowed.has(origin) && !isOwn && ${NEW}) throw originNotAllowed();`,
        ),
        mutate(CROSS_ORIGIN, 'origin: [...allowlist],', 'origin: true,'),
      ],
    },
  },
  {
    id: 'vary-missing-sometimes',
    what: 'one instance of three sends 403 without Vary: Origin',
    caughtBy: ['vary-origin'],
    sometimes: { share: SHARE, of: 'vary-missing-on-rejections' },
    deployment: { source: [mutate(CROSS_ORIGIN, "res.vary('Origin');", `if (${NEW}) res.vary('Origin');`)] },
  },
  {
    id: 'token-decoded-sometimes',
    what: 'one instance of three decodes tokens instead of verifying them',
    caughtBy: ['token-tampered', 'token-wrong-key', 'token-algorithm'],
    sometimes: { share: SHARE, of: 'token-decoded' },
    deployment: { source: [mutate(VERIFY, 'verify(token, keys.jwtSecret)', `${OLD} ? jwt.decode(token) : verify(token, keys.jwtSecret)`)] },
  },
  {
    id: 'task-read-without-owner-sometimes',
    variant: true,
    what: 'one instance of three reads a task by id only',
    caughtBy: ['isolation-by-id'],
    sometimes: { share: SHARE, of: 'task-read-without-owner' },
    deployment: {
      source: [
        mutate(
          TASKS,
          "select(asTask).where('id', '=', id).where('user_id', '=', ownerId)",
          "select(asTask).where('id', '=', id).where((eb) => eb.or([eb('user_id', '=', ownerId), sql<SqlBool>`(select random()) < 1.0 / 3`]))",
        ),
      ],
    },
  },
  {
    id: 'task-deletion-without-owner-sometimes',
    what: 'one instance of three deletes a task by id only',
    caughtBy: ['isolation-by-id'],
    sometimes: { share: SHARE, of: 'task-deletion-without-owner' },
    deployment: {
      source: [
        mutate(
          TASKS,
          "deleteFrom('tasks').where('id', '=', id).where('user_id', '=', ownerId)",
          "deleteFrom('tasks').where('id', '=', id).where((eb) => eb.or([eb('user_id', '=', ownerId), sql<SqlBool>`(select random()) < 1.0 / 3`]))",
        ),
      ],
    },
  },
  {
    id: 'task-list-without-owner-sometimes',
    variant: true,
    what: "one instance of three lists every user's tasks",
    caughtBy: ['isolation-in-lists'],
    sometimes: { share: SHARE, of: 'task-list-without-owner' },
    deployment: {
      source: [mutate(TASKS, "[eb('user_id', '=', ownerId)]", "[eb.or([eb('user_id', '=', ownerId), sql<SqlBool>`(select random()) < 1.0 / 3`])]")],
    },
  },
];

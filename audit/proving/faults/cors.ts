import { type Fault, slip } from '../case.ts';

const CROSS_ORIGIN = 'service/middleware/cross-origin.ts';
const REFUSAL = 'if (origin !== undefined && !allowed.has(origin) && !isOwn) throw originNotAllowed();';

export const cors: readonly Fault[] = [
  {
    id: 'cors-wildcard',
    what: 'Access-Control-Allow-Origin is * for everybody, and nobody is refused',
    caughtBy: [
      'browser-foreign-origin',
      'browser-null-origin',
      'browser-look-alikes',
      'wire-preflight',
      'wire-refused-origins',
      'cors-on-every-status',
    ],
    deployment: { source: [slip(CROSS_ORIGIN, REFUSAL, ''), slip(CROSS_ORIGIN, 'origin: [...allowlist],', "origin: '*',")] },
    seenIn:
      'https://owasp.org/www-project-web-security-testing-guide/stable/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing',
  },
  {
    id: 'cors-null-allowed',
    what: 'the origin null is on the list, as of a sandboxed frame',
    caughtBy: ['browser-null-origin', 'wire-refused-origins'],
    deployment: {
      source: [
        slip(CROSS_ORIGIN, 'new Set(allowlist)', "new Set([...allowlist, 'null'])"),
        slip(CROSS_ORIGIN, 'origin: [...allowlist],', "origin: [...allowlist, 'null'],"),
      ],
    },
  },
];

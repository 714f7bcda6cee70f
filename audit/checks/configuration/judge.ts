import type { Variable } from '../../contract/contract.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { ConfigurationEvidence } from './gather.ts';
import { cannotTell } from '../../model/response.ts';
import {
  conclude,
  inconclusive,
  notApplicable,
  type Observation,
  type Verdict,
  expect,
  observePass,
  observeFailure,
  observeDoubt,
} from '../../model/verdict.ts';

export function judgeProcfile({ inspection, procfile }: ConfigurationEvidence): Verdict {
  const web = /^web:\s*(.+?)\s*$/m.exec(procfile ?? '')?.[1];
  return conclude(
    [
      expect({
        holds: /^node (?!.*[;&|])\S+\.js$/.test(web ?? ''),
        code: 'not-direct',
        otherwise: `the web line is ${web === undefined ? 'missing' : `"${web}"`}, which does not start the built server directly`,
        evidence: [inspection],
      }),
    ],
    `web: ${web}`,
  );
}

export function judgePort({ inspection }: ConfigurationEvidence, variables: readonly Variable[], reached: Exchange): Verdict {
  const port = variables.find(({ name }) => name === 'PORT');
  if (port === undefined) return inconclusive('no-inventory', 'The inventory of settings does not name PORT.');
  return conclude(
    [
      expect({
        holds: port.required_in.includes('production') && !('production' in port.default),
        code: 'port-has-default',
        otherwise: 'PORT has a default in production',
        evidence: [inspection],
      }),
      cannotTell(reached) ?? observePass('reached', reached),
    ],
    'PORT is required in production without a default, and the service is reached behind its edge.',
  );
}

export function judgeFallbacks({ inspection, fallbacks, sourcesProblem }: ConfigurationEvidence, variables: readonly Variable[]): Verdict {
  if (sourcesProblem !== undefined) return inconclusive('no-sources', sourcesProblem);
  const secrets = variables.filter(({ secret }) => secret);
  const required = ['DATABASE_URL', 'JWT_SECRET', 'BETTER_AUTH_SECRET', 'CORS_ORIGINS', 'PORT'];
  return conclude(
    [
      ...fallbacks.map((file) => observeFailure('secret-has-fallback', `${file} falls back to a literal where a secret is missing`, inspection)),
      ...secrets.map(({ name, default: defaults }) =>
        expect({
          holds: Object.keys(defaults).length === 0,
          code: 'secret-has-default',
          otherwise: `${name} is secret and has a default`,
          evidence: [inspection],
        }),
      ),
      ...(secrets.length === 0
        ? []
        : required.map((name) => {
            const variable = variables.find((candidate) => candidate.name === name);
            return expect({
              holds: variable?.required_in.includes('production') === true && !('production' in variable.default),
              code: 'not-required',
              otherwise: `${name} is not required in production, or has a default there`,
              evidence: [inspection],
            });
          })),
    ],
    `${secrets.map(({ name }) => name).join(', ')} have no default in any environment; ${required.join(', ')} are required in production.`,
  );
}

/** The pool is built as the decision says. */
export function judgePool({ inspection, pool }: ConfigurationEvidence, variables: readonly Variable[]): Verdict {
  const isPooled = variables.some(({ name }) => name === 'DATABASE_POOL_MAX');
  if (pool === undefined && isPooled)
    return inconclusive('pool-not-found', 'The inventory names a pool, and its decision or its source stands no more where it stood.');
  if (pool === undefined) return notApplicable('The inventory of settings names no pool of connections.');
  return conclude(
    pool.map(({ setting, decided, built }) =>
      expect({
        holds: built === decided,
        code: 'pool-differs',
        otherwise: `${setting} is ${built ?? 'not set'} in the source and ${decided} in the decision`,
        evidence: [inspection],
      }),
    ),
    `${pool.map(({ setting, decided }) => `${setting} ${decided}`).join(', ')}: in the source as in the decision.`,
  );
}

/** https://github.com/nodejs/Release: the end of life of each even version. */
const NODE_ENDS: Readonly<Record<number, string>> = { 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30', 26: '2029-04-30' };

function isOutlived(node: number | undefined): boolean {
  return node !== undefined && node < Math.min(...Object.keys(NODE_ENDS).map(Number));
}

/** What is installed is what was locked, on a Node that still gets security fixes. */
export function judgeDependencies({ inspection, unlocked, node }: ConfigurationEvidence): Verdict {
  if (unlocked === undefined && node === undefined) return notApplicable('There is no package of npm here.');
  const end = Date.parse(NODE_ENDS[node ?? 0] ?? '');
  return conclude(
    [
      expect({
        holds: unlocked?.length === 0,
        code: 'lockfile-differs',
        otherwise: unlocked === undefined ? 'there is no lockfile' : `package.json and the lockfile differ in ${unlocked.join(', ')}`,
        evidence: [inspection],
      }),
      Number.isNaN(end) && !isOutlived(node)
        ? observeDoubt('node-unknown', `it is not known how long Node ${node ?? '(none named)'} is supported`, inspection)
        : expect({
            holds: end > inspection.at,
            code: 'node-unsupported',
            otherwise: `Node ${node} has had no security fixes since ${NODE_ENDS[node ?? 0] ?? 'long ago'}`,
            evidence: [inspection],
          }),
    ],
    `package.json and the lockfile name the same packages; Node ${node} gets security fixes.`,
  );
}

export function judgeDecisions({ inspection, decisions }: ConfigurationEvidence, checks: readonly { id: string; adr: string }[]): Verdict {
  const known = new Set(checks.map(({ id }) => id));
  const numbers = new Map(decisions.map((decision) => [decision.id, decision]));
  const observations: Observation[] = checks.map(({ id, adr }) => {
    const decision = numbers.get(adr);
    return expect({
      holds: decision?.status === 'accepted' && decision.checks.includes(id),
      code: 'check-unconfirmed',
      otherwise: `${id} names decision ${adr}, which is missing, not accepted, or does not name it under Confirmation`,
      evidence: [inspection],
    });
  });
  for (const { id, checks: named, saysWhyNot } of decisions) {
    observations.push(
      expect({
        holds: named.length > 0 || saysWhyNot,
        code: 'decision-unconfirmed',
        otherwise: `decision ${id} names no check and does not say why none can confirm it`,
        evidence: [inspection],
      }),
    );
    const unknown = named.filter((check) => !known.has(check));
    observations.push(
      expect({
        holds: unknown.length === 0,
        code: 'unknown-check',
        otherwise: `decision ${id} names checks that do not exist: ${unknown.join(', ')}`,
        evidence: [inspection],
      }),
    );
  }
  return conclude(observations, `${checks.length} checks and ${decisions.length} accepted decisions name each other.`);
}

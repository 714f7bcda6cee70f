import type { Variable } from '../../contract/contract.ts';
import type { Exchange, Inspection } from '../../model/exchange.ts';
import type { ConfigurationEvidence, DecisionFile } from './gather.ts';
import { cannotTell } from '../../model/response.ts';
import { counted } from '../../model/wording.ts';
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

const list = new Intl.ListFormat('en');

export function judgeProcfile({ inspection, procfile }: ConfigurationEvidence): Verdict {
  const web = /^web:\s*(.+?)\s*$/m.exec(procfile ?? '')?.[1];
  return conclude(
    [
      expect(
        /^node (?!.*[;&|])\S+\.js$/.test(web ?? ''),
        'not-direct',
        web === undefined
          ? 'The Procfile has no web line.'
          : `The web line of the Procfile is "${web}", which does not start the built server directly.`,
        inspection,
      ),
    ],
    `The Procfile starts the server with "${web}".`,
  );
}

export function judgePort({ inspection }: ConfigurationEvidence, variables: readonly Variable[], reached: Exchange): Verdict {
  const port = variables.find(({ name }) => name === 'PORT');
  if (port === undefined) return inconclusive('no-inventory', 'The inventory of settings does not name PORT.');
  return conclude(
    [
      expect(
        port.required_in.includes('production') && !('production' in port.default),
        'port-not-required',
        'PORT is not required in production, or has a default there.',
        inspection,
      ),
      cannotTell(reached) ?? observePass('reached', reached),
    ],
    'PORT is required in production and has no default there, and the service responds through its public URL.',
  );
}

const REQUIRED = ['DATABASE_URL', 'JWT_SECRET', 'BETTER_AUTH_SECRET', 'CORS_ORIGINS', 'PORT'];

export function judgeFallbacks({ inspection, fallbacks, sourcesProblem }: ConfigurationEvidence, variables: readonly Variable[]): Verdict {
  if (sourcesProblem !== undefined) return inconclusive('no-sources', `The source files could not be listed: ${sourcesProblem}.`);
  const secrets = variables.filter(({ secret }) => secret);
  return conclude(
    [
      ...fallbacks.map((file) => observeFailure('secret-has-fallback', `${file} contains a literal as the default of a secret.`, inspection)),
      ...secrets.map(({ name, default: defaults }) =>
        expect(Object.keys(defaults).length === 0, 'secret-has-default', `${name} is a secret and has a default.`, inspection),
      ),
      ...(secrets.length === 0
        ? []
        : REQUIRED.map((name) => {
            const variable = variables.find((candidate) => candidate.name === name);
            return expect(
              variable?.required_in.includes('production') === true && !('production' in variable.default),
              'not-required',
              `${name} is not required in production, or has a default there.`,
              inspection,
            );
          })),
    ],
    `No secret has a default in any environment (${secrets.map(({ name }) => name).join(', ')}). ${list.format(REQUIRED)} are required in production and have no default there.`,
  );
}

export function judgePool({ inspection, pool }: ConfigurationEvidence, variables: readonly Variable[]): Verdict {
  const isPooled = variables.some(({ name }) => name === 'DATABASE_POOL_MAX');
  if (pool === undefined && isPooled)
    return inconclusive(
      'pool-not-found',
      'The inventory of settings names a pool, but the decision record or the source file about it does not exist.',
    );
  if (pool === undefined) return notApplicable('The inventory of settings names no connection pool.');
  return conclude(
    pool.map(({ setting, decided, built }) =>
      expect(built === decided, 'pool-differs', `${setting} is ${built ?? 'not set'} in the source and ${decided} in the decision.`, inspection),
    ),
    `The source and the decision agree: ${pool.map(({ setting, decided }) => `${setting} ${decided}`).join(', ')}.`,
  );
}

/** The end of life of each even version of Node (https://github.com/nodejs/Release). */
const END_OF_LIFE: Readonly<Record<number, string>> = { 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30', 26: '2029-04-30' };

function isOlderThanSchedule(node: number | undefined): boolean {
  return node !== undefined && node < Math.min(...Object.keys(END_OF_LIFE).map(Number));
}

export function judgeDependencies({ inspection, unlocked, node }: ConfigurationEvidence): Verdict {
  if (unlocked === undefined && node === undefined) return notApplicable('The repository has no npm package.');
  const end = Date.parse(END_OF_LIFE[node ?? 0] ?? '');
  return conclude(
    [
      expect(
        unlocked?.length === 0,
        'lockfile-differs',
        unlocked === undefined
          ? 'The repository has no package-lock.json.'
          : `package.json and package-lock.json disagree on ${list.format(unlocked)}.`,
        inspection,
      ),
      Number.isNaN(end) && !isOlderThanSchedule(node)
        ? observeDoubt(
            'node-unknown',
            node === undefined
              ? 'package.json names no Node version in engines.'
              : `The release schedule in the audit does not contain Node ${node}.`,
            inspection,
          )
        : expect(
            end > inspection.at,
            'node-unsupported',
            `Node ${node} reached its end of life${Number.isNaN(end) ? '' : ` on ${END_OF_LIFE[node ?? 0]}`}.`,
            inspection,
          ),
    ],
    `package.json and package-lock.json agree, and Node ${node} gets security fixes until ${END_OF_LIFE[node ?? 0]}.`,
  );
}

/** The records of another API may be about anything. Those that name checks must be accepted, and the checks must exist. */
export function judgeOtherDecisions({ inspection, decisions }: ConfigurationEvidence, known: ReadonlySet<string>): Verdict {
  const confirming = decisions.filter(({ checks }) => checks.length > 0);
  if (confirming.length === 0) return notApplicable('No decision record names a check under Confirmation.');
  return conclude(
    confirming.flatMap((decision) => [
      expect(
        decision.status === 'accepted',
        'not-accepted',
        `Decision ${decision.id} names checks, but its status is ${decision.status}.`,
        inspection,
      ),
      namesExisting(decision, known, inspection),
    ]),
    `${counted(confirming.length, 'accepted decision')} of ${decisions.length} name existing checks.`,
  );
}

function namesExisting({ id, checks }: DecisionFile, known: ReadonlySet<string>, inspection: Inspection): Observation {
  const unknown = checks.filter((check) => !known.has(check));
  return expect(
    unknown.length === 0,
    'unknown-check',
    `Decision ${id} names ${list.format(unknown)} under Confirmation, but the catalog has no such check.`,
    inspection,
  );
}

/** The records of this repository: each check has one, and each names its checks. */
export function judgeDecisions({ inspection, decisions }: ConfigurationEvidence, checks: readonly { id: string; adr: string }[]): Verdict {
  const known = new Set(checks.map(({ id }) => id));
  const numbers = new Map(decisions.map((decision) => [decision.id, decision]));
  const observations: Observation[] = checks.map(({ id, adr }) => {
    const decision = numbers.get(adr);
    return expect(
      decision?.status === 'accepted' && decision.checks.includes(id),
      'check-unconfirmed',
      `The check ${id} names decision ${adr}, which is missing, is not accepted, or does not name the check under Confirmation.`,
      inspection,
    );
  });
  for (const decision of decisions) {
    observations.push(
      expect(
        decision.checks.length > 0 || decision.saysWhyNot,
        'decision-unconfirmed',
        `Decision ${decision.id} names no check and does not state why none can confirm it.`,
        inspection,
      ),
      namesExisting(decision, known, inspection),
    );
  }
  return conclude(
    observations,
    `Each of ${counted(checks.length, 'check')} confirms an accepted decision that names it, and each of ${counted(decisions.length, 'decision')} names existing checks or states why none can confirm it.`,
  );
}

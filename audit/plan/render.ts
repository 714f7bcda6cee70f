import { checkIds, checkOf } from '../checks/catalog.ts';
import { declaredLoad } from '../checks/limits/gather.ts';
import { placeOf, type Contract } from '../contract/contract.ts';
import { deletionOf } from '../contract/operations.ts';
import { stepsFor } from '../gather/load.ts';
import { MARKER } from '../model/marker.ts';
import { MOST_COLLECTIONS } from '../model/selection.ts';
import { counted } from '../model/wording.ts';
import type { Run } from '../run/run.ts';
import { type AuditConfig, requestBudget } from '../settings/config.ts';
import type { Target } from '../settings/target.ts';

type Planned = {
  target: Pick<Target, 'apiUrl' | 'appOrigin' | 'outageControl' | 'tenants'>;
  config: AuditConfig;
  contract: Contract;
  /** The previous run with these settings, where it is saved. */
  previous: Pick<Run, 'target' | 'requests' | 'anonymous_requests' | 'selected' | 'checks'> | undefined;
};

/** What an audit would send, create and leave out, as text for a terminal. */
export function renderPlan(plan: Planned): string {
  const { target, config, contract } = plan;
  const hasUsers = !('none' in target.tenants);
  const executed = hasUsers ? contract.operations.filter((operation) => placeOf(contract, operation) !== undefined) : [];
  const off = checkIds.filter((id) => config.checks[id] === 'off');
  const sections: [title: string, lines: readonly string[]][] = [
    [`Plan of an audit of ${target.apiUrl}, as called from ${target.appOrigin}. Nothing was sent.`, []],
    [`Executes ${counted(executed.length, 'operation')}`, executed.map(({ method, path }) => `${method} ${path}`)],
    ['Creates and deletes objects', hasUsers ? objects(contract) : ['none, because AUDIT_USERS is none']],
    ['Leaves out', contract.leftOut.map(({ operation: { method, path }, reason }) => `${method} ${path}: ${reason}`)],
    ['Requests', requests(plan)],
    ['Load', load(plan)],
    [
      'Checks',
      [
        ...(hasUsers ? [] : [`not run without users: ${checkIds.filter((id) => checkOf(id).needsUsers).join(', ')}`]),
        `${counted(checkIds.length - off.length, 'check')}${off.length === 0 ? '' : `; off in the config file: ${off.join(', ')}`}`,
        ...(target.outageControl === undefined
          ? []
          : [`stops and starts the database through AUDIT_OUTAGE_CONTROL: ${checkIds.filter((id) => checkOf(id).onStageOnly).join(', ')}`]),
      ],
    ],
  ];
  return sections
    .filter(([title, lines]) => lines.length > 0 || title.startsWith('Plan'))
    .map(([title, lines]) => [lines.length === 0 ? title : `${title}:`, ...lines.map((line) => `  ${line}`)].join('\n'))
    .join('\n\n');
}

function objects({ resources }: Contract): string[] {
  return [
    ...resources.map((resource) => {
      const remove = deletionOf(resource);
      const { method, path } = resource.create;
      return `${method} ${path}, ${remove === undefined ? 'which nothing deletes: they stay' : `then ${remove.method} ${remove.path}`}`;
    }),
    `Each has ${MARKER} in its text and is in a journal before it is created, so that the next run deletes what this one could not.`,
  ];
}

function requests({ target, config, contract, previous }: Planned): string[] {
  const isComparable = previous?.target.api_url === target.apiUrl && previous.selected === previous.checks.length;
  return [
    `at most ${counted(requestBudget(config, contract), 'request')} (budget.requests in the config file), and those that delete objects`,
    ...(isComparable ? [`${previous.requests} in the previous run, of which ${previous.anonymous_requests} counted by address`] : []),
    'Also well-known paths that the contract does not document, by GET with a token, and preflights of every operation.',
    ...extent(target, config, contract),
    'The limit of one user is exhausted last.',
  ];
}

/** How the matrices of checks are reduced. */
function extent({ tenants }: Planned['target'], { budget }: AuditConfig, { resources }: Contract): string[] {
  const isMany = resources.length > MOST_COLLECTIONS;
  const mints = 'jwtSecret' in tenants;
  return [
    ...(isMany
      ? [
          `${counted(resources.length, 'collection')}: each check over a matrix tries the main one and ${MOST_COLLECTIONS - 1} others, other checks others`,
        ]
      : []),
    ...('none' in tenants || mints
      ? []
      : [
          `${'command' in tenants ? tenants.users : 2} users share their limits with every check: each class and each operation are tried at least once.`,
        ]),
    ...(budget.waitSeconds === undefined
      ? []
      : [`waits ${budget.waitSeconds} s for rate limits at most, and longer only to delete objects; checks that need more are inconclusive`]),
  ];
}

function load({ config, contract }: Planned): string[] {
  const declared = declaredLoad({ config, contract });
  const [first, ...others] = stepsFor(declared);
  return [
    `at most ${first} requests in flight; ${others.slice(0, -1).join(', ')} and then ${others.at(-1)} while the API stays as fast as it was and returns no 5xx`,
    declared === undefined
      ? 'no burst, because neither the contract (x-concurrent-requests) nor the config file (concurrentRequests) states a load'
      : `once ${declared} small reads at the same time, as declared`,
  ];
}

import { check } from '../check.ts';
import { ofAnotherRepository, withoutDecisions, withoutInventory } from './applicable.ts';
import { configurationEvidence } from './gather.ts';
import { isOwnContract } from '../../settings/target.ts';
import { judgeDecisions, judgeDependencies, judgeFallbacks, judgeOtherDecisions, judgePool, judgePort, judgeProcfile } from './judge.ts';
import { healthEvidence } from '../health/gather.ts';
import type { Check } from '../check.ts';

const common = { area: 'configuration', needs: 'nothing', evidence: { configuration: configurationEvidence } } as const;

export const configuration = {
  'procfile-entry': check({
    ...common,
    severity: 'medium',
    adr: '0001',
    requirements: ['FR-002'],
    file: 'Procfile',
    title: 'The Procfile starts the built server directly',
    failed: 'The Procfile does not start the built server directly',
    why: 'npm and a shell may not forward SIGTERM to the server, and then every deployment cuts requests.',
    fix: 'Set the web line to: node dist/server.js',
    sends: 'Nothing. The audit reads the Procfile of the repository.',
    proof:
      "The web line is node and one JavaScript file, without another command. For another contract than this repository's the check does not apply.",
    general:
      'Let the platform start the server process directly (exec form in a container), so that the process gets signals and its exit code is the exit code of the service.',
    sources: ['factor-disposability'],
    notApplicable: ofAnotherRepository,
    judge: ({ configuration }) => judgeProcfile(configuration),
  }),
  'port-binding': check({
    ...common,
    severity: 'medium',
    adr: '0001',
    requirements: ['FR-001', 'US1.1'],
    file: 'service/config.ts',
    title: 'PORT is required in production without a default, and the service is reachable',
    failed: 'PORT is optional or has a default in production',
    why: 'The platform cannot reach a service that listens on another port.',
    fix: 'Require PORT in production, and listen on it on all addresses.',
    sends: 'One health request through the public URL. The audit also reads the inventory of settings (environment.json).',
    proof: 'PORT is required in production and has no default there, and the target responds. Without an inventory the check does not apply.',
    general: 'Read the port from the environment, listen on all addresses, and exit at startup when the port is missing.',
    sources: ['factor-port'],
    needs: 'target',
    notApplicable: withoutInventory,
    evidence: { configuration: configurationEvidence, health: healthEvidence },
    judge: ({ configuration, health }, { contract }) => judgePort(configuration, contract.variables, health.first),
  }),
  'settings-without-fallback': check({
    ...common,
    severity: 'critical',
    adr: '0010',
    requirements: ['SC-002', 'US1.3'],
    measure: 'Secrets in the environment alone',
    file: 'service/config.ts',
    title: 'No secret has a default, and production requires each of them, the allowed origins and the port',
    failed: 'A secret has a default, or a required setting may be absent in production',
    why: 'A default secret is public: anyone who can read the repository can sign tokens.',
    fix: 'Remove the default and require the variable.',
    sends:
      'Nothing. The audit reads the inventory of settings, and searches the tracked source files for a secret with a literal as its default: after an operator, in a destructuring pattern or in a schema.',
    proof:
      'No secret has a default in any environment or in a source file. DATABASE_URL, JWT_SECRET, BETTER_AUTH_SECRET, CORS_ORIGINS and PORT are required in production and have no default there. Without an inventory the check does not apply.',
    general: 'Parse the environment once at startup, require every secret in every environment, and exit with a message that names the missing ones.',
    sources: ['asvs-13.3.1', 'factor-config'],
    notApplicable: withoutInventory,
    judge: ({ configuration }, { contract }) => judgeFallbacks(configuration, contract.variables),
  }),
  'pool-settings': check({
    ...common,
    severity: 'medium',
    adr: '0006',
    requirements: ['FR-003', 'US1.2'],
    measure: 'Deep health, and recovery from a lost database',
    title: 'The pool settings in the source match the decision',
    failed: 'The pool settings in the source differ from the decision',
    why: 'The decision weighs the values against the limits of the database. Other values in the source have not been weighed.',
    fix: 'Change the source, or supersede the decision.',
    sends: 'Nothing. The audit compares the values in the decision about the pool with those in the source file.',
    proof:
      "The source has the same value for every setting in the decision. The check is inconclusive when the inventory of settings names a pool and the decision or the source is missing. It does not apply to another contract than this repository's.",
    general: 'Document the number of connections, their idle time and the wait for one, with reasons, and compare the code with them in a test.',
    sources: ['asvs-13.1.2', 'asvs-13.2.6', 'pg-pool', 'neon-pooling'],
    notApplicable: ofAnotherRepository,
    judge: ({ configuration }, { contract }) => judgePool(configuration, contract.variables),
  }),
  dependencies: check({
    ...common,
    severity: 'medium',
    adr: '0015',
    requirements: ['ASVS'],
    title: 'package-lock.json agrees with package.json, and the Node version is supported',
    failed: 'package-lock.json differs from package.json, or the Node version is not supported',
    why: 'Without an accurate lockfile a build may contain untested versions, and an unsupported Node gets no security fixes.',
    fix: 'Run npm install and commit the lockfile. Raise engines.node.',
    sends: 'Nothing. The audit compares package.json with package-lock.json, and engines.node with the release schedule of Node.',
    proof:
      'Both files name the same packages with the same ranges, each locked version is in its range, and the minimum Node version still gets security fixes. A later version that the schedule does not contain, or no version, is inconclusive.',
    general:
      'Install from the lockfile (npm ci) in CI and in the build, and upgrade to the next LTS release before the end of life of the current one.',
    sources: ['factor-dependencies', 'npm-ci', 'node-releases', 'asvs-15.2.1'],
    notApplicable: ofAnotherRepository,
    judge: ({ configuration }) => judgeDependencies(configuration),
  }),
  'decision-links': check({
    ...common,
    severity: 'low',
    adr: '0019',
    requirements: ['SC-005', 'US3.1'],
    title: 'Every check confirms an accepted decision, and every decision names its checks',
    failed: 'Checks and decision records do not match',
    why: 'A finding needs its decision to be judged, and a decision without a check is forgotten.',
    fix: 'Name the check under Confirmation in its decision record, or state there why no check can confirm the decision.',
    sends:
      'Nothing. The audit reads the catalog of checks and the decision records in adr/, or in the folder that the config file names in decisions.',
    proof:
      "Every check names an accepted decision that names the check under Confirmation. Every decision names existing checks, or states why none can confirm it. For another contract than this repository's, every decision that names checks is accepted and the checks exist; without such decisions the check does not apply.",
    general: 'Keep decision records next to the code, state in each how compliance is checked, and compare both in a test.',
    sources: ['decisions'],
    notApplicable: withoutDecisions,
    judge: ({ configuration }, { decisions, target }) =>
      isOwnContract(target) ? judgeDecisions(configuration, decisions) : judgeOtherDecisions(configuration, new Set(decisions.map(({ id }) => id))),
  }),
} satisfies Record<string, Check>;

import type { Check } from '../catalog.ts';

export const configuration = {
  'procfile-entry': {
    area: 'configuration',
    severity: 'medium',
    adr: '0001',
    requirements: ['FR-002'],
    title: 'The Procfile starts the built server directly',
    failed: 'The Procfile does not start the built server directly',
    why: 'Under npm or a shell the process never sees SIGTERM, and every deployment cuts requests.',
    fix: 'Let the web line be: node dist/server.js',
    sends: 'Nothing. The Procfile of the repository is read.',
    proof:
      'Its web line is node and one JavaScript file, with nothing before, after or around it. For a contract from outside this repository the check does not apply.',
    general:
      "Let the platform start the server process itself (exec form in a container), so that signals reach it and its exit code is the service's.",
    sources: ['factor-disposability'],
  },
  'port-binding': {
    area: 'configuration',
    severity: 'medium',
    adr: '0001',
    requirements: ['FR-001', 'US1.1'],
    title: 'PORT is required in production, has no default there, and is what the edge reaches',
    failed: 'PORT is not taken from the environment alone',
    why: 'A service that listens elsewhere than the platform expects is never reached.',
    fix: 'Require PORT in production and bind it on all addresses.',
    sends: 'The inventory of settings beside the contract is read, and health is asked for through the public URL.',
    proof: 'PORT is required in production and has no default there, and the target answers. Without an inventory the check does not apply.',
    general: 'Read the port from the environment, bind all addresses, and fail at the start when the port is missing.',
    sources: ['factor-port'],
  },
  'settings-without-fallback': {
    area: 'configuration',
    severity: 'critical',
    adr: '0010',
    requirements: ['SC-002', 'US1.3'],
    title: 'No secret has a default, and all of them are required in production',
    failed: 'A secret has a default or may be absent in production',
    why: 'A fallback secret is a public secret: whoever reads the repository signs tokens.',
    fix: 'Remove the default and require the variable.',
    sends:
      'Nothing. The inventory of settings is read, and tracked source files are searched for the name of a secret with a literal to fall back on: behind an operator, in a pattern, in a schema.',
    proof:
      'No secret has a default in any environment, DATABASE_URL, JWT_SECRET, BETTER_AUTH_SECRET, CORS_ORIGINS and PORT are required in production, and no source file falls back. Without an inventory the check does not apply.',
    general:
      'Parse the environment once at the start, require every secret in every environment, and stop with a message that names what is missing.',
    sources: ['asvs-13.3.1', 'factor-config'],
  },
  'pool-settings': {
    area: 'configuration',
    severity: 'medium',
    adr: '0006',
    requirements: ['FR-003', 'US1.2'],
    title: 'The pool is built as the decision says',
    failed: 'The pool is built otherwise than decided',
    why: "Figures that were weighed against Neon's limits protect nobody once the source has others.",
    fix: 'Change the source, or supersede the decision.',
    sends: 'Nothing. The figures in the decision about the pool are compared with those in the source that builds it.',
    proof:
      'Every figure of the decision stands in the source with the same value. Where the inventory of settings names no pool, the check does not apply; where it names one and decision or source cannot be found, it is inconclusive.',
    general:
      'Write down how many connections, how long they idle and how long a caller waits, with the reason, and compare the code with it by machine.',
    sources: ['asvs-13.1.2', 'asvs-13.2.6', 'pg-pool', 'neon-pooling'],
  },
  dependencies: {
    area: 'configuration',
    severity: 'medium',
    adr: '0015',
    requirements: ['ASVS'],
    title: 'The lockfile agrees with package.json, and Node is a supported version',
    failed: 'What is installed is not what was locked, or Node is out of support',
    why: 'A build that resolves anew is another program, and an unsupported Node keeps its holes.',
    fix: 'Run npm install and commit the lockfile; raise engines.node.',
    sends: 'Nothing. package.json, package-lock.json and the release schedule of Node are compared.',
    proof:
      'Both files name the same packages with the same ranges, each is installed in a version of its range, and the least Node that is asked for still gets security fixes. A Node the schedule does not know is inconclusive.',
    general: 'Install from the lockfile alone (npm ci) in CI and in the build, and move to the next long-term release before the old one ends.',
    sources: ['factor-dependencies', 'npm-ci', 'node-releases', 'asvs-15.2.1'],
  },
  'decision-links': {
    area: 'configuration',
    severity: 'low',
    adr: '0019',
    requirements: ['SC-005', 'US3.1'],
    title: 'Every check confirms an accepted decision, and every decision names its checks',
    failed: 'Checks and decision records do not match',
    why: 'A finding without the decision behind it cannot be weighed, and a decision nobody checks erodes.',
    fix: 'Name the check under Confirmation in the record it belongs to, or say there why none can confirm it.',
    sends: 'Nothing. The catalogue of checks and the decision records in adr/ are read.',
    proof:
      'Every check names an accepted decision that names it under Confirmation; every decision names checks that exist, or says why none can confirm it.',
    general: 'Keep decisions beside the code, say in each how compliance is seen, and let a test compare both.',
    sources: ['decisions'],
  },
} as const satisfies Record<string, Check>;

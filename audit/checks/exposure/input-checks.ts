import { type Check, check } from '../check.ts';
import { reflectionEvidence, REFLECTIONS } from './gather-reflection.ts';
import { judgeReflection } from './judge-reflection.ts';
import { switchesEvidence } from './gather-switches.ts';
import { judgeSwitches } from './judge-switches.ts';
import { SWITCHES } from './switches.ts';
import { oddBodiesEvidence } from './gather-odd-bodies.ts';
import { oddParametersEvidence } from './gather-odd-parameters.ts';
import { judgeOddInput } from './judge-odd-input.ts';
import { BODY_CLASSES } from './odd-bodies.ts';
import { BODIES_ON_OTHERS, LONG_QUERIES, ODD_IDS, PARAMETER_CLASSES } from './odd-parameters.ts';

const common = {
  area: 'exposure',
  phase: 'send malformed input',
  needs: 'access',
  adr: '0022',
  requirements: ['ASVS'],
  measure: 'Errors as problem details, without internals',
} as const;

/** Odd input, switches and reflected values: each class by each operation. */
export const inputChecks = {
  'debug-switches': check({
    ...common,
    severity: 'medium',
    file: 'service/routes/parse.ts',
    title: 'No parameter or header makes a read show more than usual',
    failed: 'A parameter or a header makes a read show more than usual',
    lesser: { 'type-changed': { severity: 'low', failed: 'A parameter or a header makes a read return another format' } },
    why: 'Switches for developers show internals and fields that no client needs, and another format can be read by a script of any page.',
    fix: 'Read only the parameters and headers that the contract documents.',
    sends:
      'Every documented read twice as it is, and once for each class of switches, with all switches of the class that the contract does not document: parameters and headers for debugging, parameters that select fields or another format, and Accept for a page and for an event stream. Where the response differs, each switch alone.',
    proof:
      'No response has members, headers for debugging or a content type that both reads without a switch lack, and no rejection shows internals. A class is left out where the contract documents the format.',
    general: 'Validate the query with a schema, build responses field by field, and remove debug tools from production builds.',
    sources: ['asvs-13.4.2', 'api3-2023', 'asvs-15.3.1'],
    classes: SWITCHES,
    evidence: { switches: switchesEvidence },
    cells: ({ switches }) => switches.cells,
    judge: ({ switches }) => judgeSwitches(switches),
  }),
  'values-not-reflected': check({
    ...common,
    severity: 'high',
    file: 'service/routes/create.ts',
    title: 'No response contains a forged host, redirects to another one or repeats markup in a page',
    failed: 'A response contains a forged host, redirects to another one or repeats markup in a page',
    why: 'A cache stores a response with the host of an attacker, and a link to the API leads users to the page of an attacker.',
    fix: 'Use relative paths in Location and Link, and redirect to known paths only.',
    sends:
      'Every documented read, an unknown path and a creation in each collection with forged hosts in the headers of proxies, with another host in parameters for redirects, and with markup and line breaks in parameters, a header and a property. Paths that browsers read as another host, at the root and below the path that precedes the collection.',
    proof:
      'The forged host is in no header and no body, no Location or Refresh leads to the other host, no header comes from a line break in a value, and no response other than JSON and plain text repeats the markup.',
    general: 'Configure the public host of the API instead of reading it from a request, and compare targets of redirects with a list.',
    sources: ['host-header-attacks', 'open-redirect', 'reflected-xss'],
    classes: REFLECTIONS,
    evidence: { reflection: reflectionEvidence },
    cells: ({ reflection }) => reflection.cells,
    judge: ({ reflection }) => judgeReflection(reflection),
  }),
  'odd-input': check({
    ...common,
    severity: 'high',
    file: 'service/middleware/json-body.ts',
    title: 'Odd input to every creation, update and parameter gets a client error or what the contract permits',
    failed: 'Odd input causes a server error, or is accepted although the contract forbids it',
    lesser: { 'undocumented-type-accepted': { severity: 'low', failed: 'A body of an undocumented media type is accepted' } },
    why: 'Each operation has its own parser, schema and statement, and the one that was forgotten fails or stores what no reader expects.',
    fix: 'Parse every body with the same middleware, and validate body, query and path with the schemas of the contract.',
    sends:
      'To every creation, and to every update of an own object, bodies of each class below; to every parameter of lists and lookups values of each class. Long queries, odd ids in paths, and bodies on reads and deletions. Compressed bodies decode to 200 kB at most.',
    proof:
      'Input that the contract forbids gets a client error without internals; what it permits, and what standards allow a server to ignore, may succeed. The limit of a body holds after decompression. A repeated 5xx fails; a single one is inconclusive. Afterwards every list returns 200.',
    general: 'Let one parser with a limit on decoded bytes read every body, and validate everything that a client sends.',
    sources: ['rfc9110-codings', 'rfc8259-json', 'compression-bombs', 'input-sheet'],
    classes: [...BODY_CLASSES, ...PARAMETER_CLASSES, LONG_QUERIES, ODD_IDS, BODIES_ON_OTHERS],
    evidence: { bodies: oddBodiesEvidence, parameters: oddParametersEvidence },
    cells: ({ bodies, parameters }) => [...bodies.cells, ...parameters.cells],
    judge: ({ bodies, parameters }) => judgeOddInput(bodies, parameters),
  }),
} satisfies Record<string, Check>;

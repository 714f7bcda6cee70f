import { furtherReferences } from '../checks/requirements.ts';
import { code, section, table } from './markdown-text.ts';
import type { CheckResult, Proof, RequirementOutcome, Run } from '../run/run.ts';
import { REQUIREMENTS_MISSING, requirementsExplained } from './sentences.ts';
import { combine } from '../run/run.ts';

/** Words, so that the report reads the same everywhere; what needs a reader is bold. */
export const SIGN: Readonly<Record<RequirementOutcome, string>> = {
  pass: 'pass',
  fail: '**fail**',
  inconclusive: '**inconclusive**',
  'not applicable': 'n/a',
  'not run': '**not run**',
  'pass in part': 'pass in part',
  'not observable': 'not observable',
  'not measured': 'not measured',
  'not met': '**not met**',
  'not proven': '**not proven**',
};

/** Every demand of the specification with what proves it, and what the checks show besides. */
export function required(run: Run): string {
  const { requirements, checks } = run;
  if (requirements.length === 0) return section('Requirements', REQUIREMENTS_MISSING);
  const rows = requirements
    .filter(({ outcome }) => outcome !== 'not applicable')
    .map(({ id, demand, outcome, proof }) => [id, demand, SIGN[outcome], proof.map(sentence).join(' ')]);
  const other = requirements.filter(({ outcome }) => outcome === 'not applicable').map(({ id }) => id);
  const further = Object.entries(furtherReferences).map(([id, text]) => {
    const showing = checks.filter(({ requirement }) => requirement.includes(id));
    return [text, signOf(showing), showing.map((check) => code(check.id)).join(', ')];
  });
  return section(
    'Requirements',
    [
      requirementsExplained(run),
      table([['Id', 'Demand', 'Outcome', 'Proof'], ...rows]),
      ...(other.length === 0 ? [] : [`The contract is not this repository's. Not applicable to its API: ${other.join(', ')}.`]),
      'Beyond the specification:',
      table([['What', 'Outcome', 'Checks'], ...further]),
    ].join('\n\n'),
  );
}

/** How several checks read in one cell. */
export function signOf(results: readonly CheckResult[]): string {
  const { outcome, inPart } = combine(results);
  return inPart ? 'pass, in part n/a' : SIGN[outcome];
}

function sentence({ says, checks, tests }: Proof): string {
  const list = [...checks, ...tests].map(code).join(', ');
  return list === '' ? says : `${says} ${list}.`;
}

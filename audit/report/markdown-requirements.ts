import { furtherReferences } from '../checks/requirements.ts';
import { code, section, table } from './markdown-text.ts';
import type { CheckResult, Proof, RequirementOutcome, Run } from '../run/run.ts';
import { REQUIREMENTS_MISSING, requirementsExplained } from './sentences.ts';
import { combine } from '../run/run.ts';

/** Words rather than symbols; an outcome that needs attention is bold. */
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

/** Every requirement of the specification with its proof, and what the checks prove beyond it. Empty for another API without requirements. */
export function required(run: Run): string {
  const { requirements, checks, own_contract } = run;
  if (requirements.length === 0) return own_contract ? section('Requirements', REQUIREMENTS_MISSING) : '';
  const rows = requirements.map(({ id, demand, outcome, proof }) => [id, demand, SIGN[outcome], proof.map(sentence).join(' ')]);
  const all = table([['Id', 'Requirement', 'Outcome', 'Proof'], ...rows]);
  if (!own_contract) return section('Requirements', [requirementsExplained(run), all].join('\n\n'));
  const further = Object.entries(furtherReferences).map(([id, text]) => {
    const showing = checks.filter(({ requirement }) => requirement.includes(id));
    return [text, signOf(showing), showing.map((check) => code(check.id)).join(', ')];
  });
  return section(
    'Requirements',
    [requirementsExplained(run), all, 'Beyond the specification:', table([['What', 'Outcome', 'Checks'], ...further])].join('\n\n'),
  );
}

/** The combined outcome of several checks. */
export function signOf(results: readonly CheckResult[]): string {
  const { outcome, inPart } = combine(results);
  return inPart ? 'pass, in part n/a' : SIGN[outcome];
}

function sentence({ says, checks, tests }: Proof): string {
  const list = [...checks, ...tests].map(code).join(', ');
  return list === '' ? says : `${says} ${list}.`;
}

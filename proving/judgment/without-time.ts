import type { CheckId } from '../../audit/checks/catalog.ts';
import { type Run, verdictOf } from '../../audit/run/run.ts';

const OF_TIME = { check: 'time-budget', requirement: 'SC-004' } as const satisfies { check: CheckId; requirement: string };

/** Whether an audit took too long, and sent no more requests than it may. */
function isLate({ checks }: Pick<Run, 'checks'>): boolean {
  const failures = checks.find(({ id }) => id === OF_TIME.check)?.evidence.filter(({ outcome }) => outcome === 'fail') ?? [];
  return failures.length > 0 && failures.every(({ code }) => code === 'too-slow');
}

/** A late run, judged apart from its time: several audits at once take longer than one. Any other run is returned as it is. */
export function withoutTime<Judged extends Pick<Run, 'verdict' | 'checks' | 'requirements'>>(run: Judged): Judged {
  if (!isLate(run)) return run;
  const checks = run.checks.filter(({ id }) => id !== OF_TIME.check);
  const requirements = run.requirements.filter(({ id }) => id !== OF_TIME.requirement);
  return { ...run, checks, requirements, verdict: verdictOf(checks, requirements) };
}

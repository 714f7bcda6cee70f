import type { CleanupEvidence, LeftoversEvidence } from './gather-cleanup.ts';
import type { ArtifactsEvidence, TimeEvidence } from './gather.ts';
import { asked, cannotTell } from '../../model/response.ts';
import { conclude, demand, inconclusive, saw, type Verdict } from '../../model/verdict.ts';

/** What the audit writes into every object it makes. */
const MARKER = 'audit-canary-';

export function judgeCleanup({ lists, created, ownerless }: CleanupEvidence, { removed, unreachable, elsewhere }: LeftoversEvidence): Verdict {
  if (created === 0 && lists.length === 0 && unreachable === 0)
    return inconclusive('nothing-created', 'This run created no object, so its cleanup proves nothing.');
  const stuck = `objects of ${unreachable} earlier ${unreachable === 1 ? 'run' : 'runs'} on this target could not be removed with these credentials`;
  return conclude(
    [
      ...(unreachable > 0 ? [saw('inconclusive', 'earlier-left', stuck)] : []),
      ...(lists.length === 0 ? [] : ownerless).map(
        (exchange) =>
          cannotTell(exchange, 204) ??
          demand(
            [200, 202, 204].includes(exchange.answer?.status ?? 0),
            'objects-left',
            'an object created without credentials was deleted',
            `${asked(exchange)}: an object that was created without credentials could not be deleted`,
            exchange,
          ),
      ),
      ...lists.map(
        ({ actor, left, last }) =>
          cannotTell(last, 200) ??
          (last.answer?.status === 200 && left !== undefined
            ? demand(
                left === 0 && !last.answer.body.includes(MARKER),
                'objects-left',
                `${actor}: nothing left`,
                `${actor}: ${left} objects could not be deleted`,
                last,
              )
            : saw('inconclusive', 'list-refused', `${actor}: what is left could not be listed (status ${last.answer?.status})`, last)),
      ),
    ],
    `${created} objects were created; each tenant's list shows none of them any more.${removed > 0 ? ` ${removed} objects of an earlier run were removed too.` : ''}${elsewhere > 0 ? ` The journals of ${elsewhere} runs against other targets are kept.` : ''}`,
  );
}

export function judgeArtifacts({ inspection, files }: ArtifactsEvidence): Verdict {
  return conclude(
    files.map(({ name, found }) => demand(found.length === 0, 'secret-written', `${name} is clean`, `${name} holds ${found.join(', ')}`, inspection)),
    'Ledger and evidence were searched for every secret and token of this run: none.',
  );
}

/** Waiting for the target's limiter, and for the release that is to be live, is reported and not counted. */
export function judgeTime({ inspection, elapsedMs, waitedMs, requests }: TimeEvidence, budget: { seconds: number; requests: number }): Verdict {
  if (waitedMs > elapsedMs) return conclude([saw('inconclusive', 'clock-contradicts', 'more waiting than time was noted', inspection)], '');
  const seconds = ((elapsedMs - waitedMs) / 1_000).toFixed(1);
  return conclude(
    [
      demand(
        elapsedMs - waitedMs < budget.seconds * 1_000,
        'too-slow',
        'in time',
        `the audit took ${seconds} s, ${budget.seconds} are allowed`,
        inspection,
      ),
      demand(
        requests <= budget.requests,
        'too-many-requests',
        'few requests',
        `the audit sent ${requests} requests, ${budget.requests} are allowed`,
        inspection,
      ),
    ],
    `Less than ${budget.seconds} s, without the waits for the deployment and for the limiter, and no more than ${budget.requests} requests.`,
  );
}

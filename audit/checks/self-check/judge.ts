import type { CleanupEvidence, LeftoversEvidence } from './gather-cleanup.ts';
import type { ArtifactsEvidence, TimeEvidence } from './gather.ts';
import { MARKER } from '../../model/marker.ts';
import { requestLine, cannotTell } from '../../model/response.ts';
import { conclude, inconclusive, type Verdict, expect, observeDoubt } from '../../model/verdict.ts';

export function judgeCleanup({ lists, created, ownerless }: CleanupEvidence, { removed, unreachable, elsewhere }: LeftoversEvidence): Verdict {
  if (created === 0 && lists.length === 0 && unreachable === 0)
    return inconclusive('nothing-created', 'This run created no object, so its cleanup proves nothing.');
  const stuck = `objects of ${unreachable} earlier ${unreachable === 1 ? 'run' : 'runs'} on this target could not be removed with these credentials`;
  return conclude(
    [
      ...(unreachable > 0 ? [observeDoubt('earlier-left', stuck)] : []),
      ...(lists.length === 0 ? [] : ownerless).map(
        (exchange) =>
          cannotTell(exchange, 204) ??
          expect({
            holds: [200, 202, 204].includes(exchange.response?.status ?? 0),
            code: 'objects-left',
            otherwise: `${requestLine(exchange)}: an object that was created without credentials could not be deleted`,
            evidence: [exchange],
          }),
      ),
      ...lists.map(
        ({ actor, left, last }) =>
          cannotTell(last, 200) ??
          (last.response?.status === 200 && left !== undefined
            ? expect({
                holds: left === 0 && !last.response.body.includes(MARKER),
                code: 'objects-left',
                otherwise: `${actor}: ${left} objects could not be deleted`,
                evidence: [last],
              })
            : observeDoubt('list-refused', `${actor}: what is left could not be listed (status ${last.response?.status})`, last)),
      ),
    ],
    `${created} objects were created; each tenant's list shows none of them any more.${removed > 0 ? ` ${removed} objects of an earlier run were removed too.` : ''}${elsewhere > 0 ? ` The journals of ${elsewhere} runs against other targets are kept.` : ''}`,
  );
}

export function judgeArtifacts({ inspection, files }: ArtifactsEvidence): Verdict {
  return conclude(
    files.map(({ name, found }) =>
      expect({ holds: found.length === 0, code: 'secret-written', otherwise: `${name} holds ${found.join(', ')}`, evidence: [inspection] }),
    ),
    'Ledger and evidence were searched for every secret and token of this run: none.',
  );
}

/** Waiting for the target's limiter, and for the release that is to be live, is reported and not counted. */
export function judgeTime({ inspection, elapsedMs, waitedMs, requests }: TimeEvidence, budget: { seconds: number; requests: number }): Verdict {
  if (waitedMs > elapsedMs) return conclude([observeDoubt('clock-contradicts', 'more waiting than time was noted', inspection)], '');
  const seconds = ((elapsedMs - waitedMs) / 1_000).toFixed(1);
  return conclude(
    [
      expect({
        holds: elapsedMs - waitedMs < budget.seconds * 1_000,
        code: 'too-slow',
        otherwise: `the audit took ${seconds} s, ${budget.seconds} are allowed`,
        evidence: [inspection],
      }),
      expect({
        holds: requests <= budget.requests,
        code: 'too-many-requests',
        otherwise: `the audit sent ${requests} requests, ${budget.requests} are allowed`,
        evidence: [inspection],
      }),
    ],
    `Less than ${budget.seconds} s, without the waits for the deployment and for the limiter, and no more than ${budget.requests} requests.`,
  );
}

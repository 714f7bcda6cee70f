import type { CleanupEvidence, LeftoversEvidence } from './gather-cleanup.ts';
import type { ArtifactsEvidence, TimeEvidence } from './gather.ts';
import { MARKER } from '../../model/marker.ts';
import { requestLine, cannotTell } from '../../model/response.ts';
import { counted } from '../../model/wording.ts';
import { conclude, inconclusive, type Verdict, expect, observeDoubt } from '../../model/verdict.ts';

export function judgeCleanup({ lists, created, ownerless }: CleanupEvidence, { removed, unreachable, elsewhere }: LeftoversEvidence): Verdict {
  if (created === 0 && lists.length === 0 && unreachable === 0)
    return inconclusive('nothing-created', 'This run created no object, so its cleanup proves nothing.');
  const notRemoved = `The objects of ${counted(unreachable, 'earlier run')} on this target could not be removed with these credentials.`;
  return conclude(
    [
      ...(unreachable > 0 ? [observeDoubt('earlier-left', notRemoved)] : []),
      ...(lists.length === 0 ? [] : ownerless).map(
        (exchange) =>
          cannotTell(exchange, 204) ??
          expect(
            [200, 202, 204].includes(exchange.response?.status ?? 0),
            'objects-left',
            `${requestLine(exchange)} returned ${exchange.response?.status}: an object that was created without credentials could not be deleted.`,
            exchange,
          ),
      ),
      ...lists.map(
        ({ actor, left, last }) =>
          cannotTell(last, 200) ??
          (last.response?.status === 200 && left !== undefined
            ? expect(
                left === 0 && !last.response.body.includes(MARKER),
                'objects-left',
                left === 0
                  ? `The list of ${actor} still contains an object of the audit.`
                  : `${counted(left, 'object')} of ${actor} could not be deleted.`,
                last,
              )
            : observeDoubt(
                'list-failed',
                `The leftover objects of ${actor} could not be listed: ${requestLine(last)} returned ${last.response?.status}.`,
                last,
              )),
      ),
    ],
    `The audit created ${counted(created, 'object')}, and the lists of its tenants contain none of them.${removed > 0 ? ` It also removed ${counted(removed, 'object')} of earlier runs.` : ''}${elsewhere > 0 ? ` It left ${counted(elsewhere, 'journal')} of runs against other targets in place.` : ''}`,
  );
}

export function judgeArtifacts({ inspection, files }: ArtifactsEvidence): Verdict {
  return conclude(
    files.map(({ name, found }) => expect(found.length === 0, 'secret-written', `${name} contains ${found.join(', ')}.`, inspection)),
    'A search of every record of this run found no secret and no token.',
  );
}

/** Waiting for the target's rate limit and for the release does not count. */
export function judgeTime({ inspection, elapsedMs, waitedMs, requests }: TimeEvidence, budget: { seconds: number; requests: number }): Verdict {
  if (waitedMs > elapsedMs) return conclude(observeDoubt('clock-contradicts', 'The recorded waiting time is longer than the run.', inspection));
  const seconds = ((elapsedMs - waitedMs) / 1_000).toFixed(1);
  return conclude(
    [
      expect(
        elapsedMs - waitedMs < budget.seconds * 1_000,
        'too-slow',
        `The audit took ${seconds} s. The budget is less than ${budget.seconds} s.`,
        inspection,
      ),
      expect(
        requests <= budget.requests,
        'too-many-requests',
        `The audit sent ${counted(requests, 'request')}. The budget is ${budget.requests}.`,
        inspection,
      ),
    ],
    // Without the numbers of this run: the reports of two runs of an unchanged target differ in one section only.
    `The audit took less than ${budget.seconds} s, without waiting for the deployment and the rate limit, and sent at most ${counted(budget.requests, 'request')}.`,
  );
}

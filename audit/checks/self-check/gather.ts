import type { Evidence, GatherContext } from '../../gather/context.ts';
import { recordInspection, requestsOf, waitedMs } from '../../gather/ledger.ts';
import type { Inspection } from '../../model/exchange.ts';
import { counted } from '../../model/wording.ts';
import { releaseEvidence } from '../health/gather-release.ts';

/** Each record of this run, with the names of the secrets it contains. */
export type ArtifactsEvidence = { inspection: Inspection; files: readonly { name: string; found: readonly string[] }[] };

/** From the first check until now; `waitedMs` of it were spent on the release and on the target's rate limit. */
export type TimeEvidence = { inspection: Inspection; elapsedMs: number; waitedMs: number; requests: number };

export const artifactsEvidence: Evidence<ArtifactsEvidence> = { name: 'artifacts', area: 'self-check', gather: gatherArtifacts };

export const timeEvidence: Evidence<TimeEvidence> = { name: 'time', area: 'self-check', gather: gatherTime };

async function gatherArtifacts({ runRecord, ledger, redactor, evidenceName }: GatherContext): Promise<ArtifactsEvidence> {
  const at = Date.now();
  const files = runRecord.texts().map(({ name, text }) => ({
    name,
    found: [...redactor.find(text), ...(redactor.redact(text) === text ? [] : ['a token'])],
  }));
  const subject = `${counted(files.length, 'record')} of this run, searched for secrets and tokens`;
  return { inspection: recordInspection({ ledger, evidenceName }, subject, at), files };
}

async function gatherTime({ runRecord, ledger, evidence, evidenceName, startedAt }: GatherContext): Promise<TimeEvidence> {
  const entries = runRecord.readLedger();
  const release = await evidence(releaseEvidence).catch(() => undefined);
  const elapsedMs = Date.now() - startedAt;
  return {
    inspection: ledger.inspection({ evidence: evidenceName(), subject: 'the clock, from the first check to the last', at: startedAt, ms: elapsedMs }),
    elapsedMs,
    waitedMs: waitedMs(entries) + (release?.waitedMs ?? 0),
    requests: entries.reduce((sum, entry) => sum + requestsOf(entry), 0),
  };
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import { type CheckId, checkOf } from '../checks/catalog.ts';
import type { DecisionFile } from '../checks/configuration/gather.ts';
import type { AuditConfig } from '../settings/config.ts';
import type { References } from './run.ts';

/** Of a check of this repository's API, as the check declares them, and the requirements of the config file that name it. */
export function ownReferences(id: CheckId, decisions: readonly DecisionFile[], stated: AuditConfig['requirements'] = {}): References {
  const { requirements, adr, file } = checkOf(id);
  return {
    requirement: [...requirements, ...idsOf(stated, id)],
    adr,
    file: firstFile([file, decisions.find((decision) => decision.id === adr)?.file]),
  };
}

/**
 * Of a check of another API: the requirements that name it, and the first accepted decision that names it under Confirmation.
 * @param contractFile the file where the finding of a check without a decision is shown, if it is in the working directory
 */
export function statedReferences(
  id: CheckId,
  decisions: readonly DecisionFile[],
  requirements: AuditConfig['requirements'],
  contractFile: string,
): References {
  const decision = decisions.find(({ checks, status }) => checks.includes(id) && status === 'accepted');
  const contract = path.relative('.', contractFile);
  return {
    requirement: idsOf(requirements, id),
    adr: decision?.id ?? null,
    file: firstFile([decision?.file, contract.startsWith('..') ? undefined : contract]),
  };
}

function idsOf(stated: AuditConfig['requirements'], id: CheckId): string[] {
  return Object.entries(stated).flatMap(([requirement, { checks }]) => (checks.includes(id) ? [requirement] : []));
}

function firstFile(candidates: readonly (string | undefined)[]): string {
  return [...candidates, 'package.json'].find((file) => file !== undefined && existsSync(file)) ?? 'README.md';
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import { isContractHere } from '../../settings/target.ts';
import type { JudgeContext } from '../check.ts';

/** Of the audit, whichever repository it runs in. */
const REPOSITORY = path.resolve(import.meta.dirname, '..', '..', '..');

/** The inventory of settings lists them. Another API may have none. */
export function withoutInventory({ contract }: JudgeContext): string | undefined {
  return contract.variables.length > 0 ? undefined : 'The folder of the contract has no environment.json.';
}

/** This repository builds and starts only the API of its own contract. */
export function ofAnotherRepository({ target }: JudgeContext): string | undefined {
  return isContractHere(target)
    ? undefined
    : 'AUDIT_CONTRACT names a contract from outside this repository, so the build and start of its API cannot be inspected.';
}

/** The decisions of this audit's repository. Another repository has its own decisions, which name none of these checks. */
export function withoutDecisions(): string | undefined {
  const isOwn = path.resolve('.') === REPOSITORY;
  return isOwn || existsSync('adr') ? undefined : 'The repository has no decision records in adr/.';
}

import { isContractHere } from '../../settings/target.ts';
import type { JudgeContext } from '../check.ts';

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

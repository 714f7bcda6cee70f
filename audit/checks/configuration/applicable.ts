import { isContractHere } from '../../settings/target.ts';
import type { JudgeContext } from '../check.ts';

/** Settings are judged by their inventory, which another API may not have. */
export function withoutInventory({ contract }: JudgeContext): string | undefined {
  return contract.variables.length > 0 ? undefined : 'There is no environment.json beside the contract.';
}

/** This repository builds and starts the API of its own contract only. */
export function ofAnotherRepository({ target }: JudgeContext): string | undefined {
  return isContractHere(target)
    ? undefined
    : 'AUDIT_CONTRACT names a contract outside this repository, so the build and start of that API cannot be inspected here.';
}

import { decisionFolder } from '../../settings/config.ts';
import { isOwnContract } from '../../settings/target.ts';
import type { JudgeContext } from '../check.ts';

/** The inventory of settings lists them. Another API may have none. */
export function withoutInventory({ contract }: JudgeContext): string | undefined {
  return contract.variables.length > 0 ? undefined : 'The folder of the contract has no environment.json.';
}

/** This repository builds and starts only the API of its own contract. */
export function ofAnotherRepository({ target }: JudgeContext): string | undefined {
  return isOwnContract(target)
    ? undefined
    : "AUDIT_CONTRACT names another contract than this repository's, so the build and start of its API cannot be inspected.";
}

export function withoutDecisions(context: JudgeContext): string | undefined {
  return decisionFolder(context) === undefined ? 'The config file names no folder of decision records (decisions).' : undefined;
}

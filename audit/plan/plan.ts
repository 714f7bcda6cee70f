import { checkIds } from '../checks/catalog.ts';
import { ContractError } from '../contract/contract-error.ts';
import { readContract } from '../contract/contract.ts';
import { secretNames } from '../runner/session.ts';
import { EXIT_CODE } from '../run/exit-code.ts';
import { readEarlierRun } from '../run/run-file.ts';
import { contractOptions, readConfig } from '../settings/config.ts';
import { auditEnvironment, readTarget, SettingsError } from '../settings/target.ts';
import { renderPlan } from './render.ts';

/** `npm run plan`: what an audit with the present settings would send, create and leave out. Sends nothing, not even to the issuer. */
try {
  const env = auditEnvironment(process.env);
  const target = readTarget(env, secretNames(env));
  const config = readConfig(env, Date.now(), checkIds);
  const contract = readContract(target.contractFile, contractOptions(target, config));
  console.log(renderPlan({ target, config, contract, previous: readEarlierRun(target.runFile) }));
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof ContractError)) throw error;
  console.error(error.message);
  process.exitCode = EXIT_CODE['cannot start'];
}

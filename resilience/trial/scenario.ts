import type { TestEnvironment } from './test-environment.ts';

/** One fault that the service must survive under load. A new one must be added to `scenarios.ts`. */
export type Scenario = {
  /** The name on the command line: kebab-case, unique. */
  readonly name: string;
  /** The fault in a few words, for the table. */
  readonly title: string;
  /** Why it cannot run on this machine; undefined when it can. */
  obstacle?(): string | undefined;
  /**
   * Starts what it needs, injects the fault under load, stops everything it started and leaves PostgreSQL running.
   * @throws when it could not be carried out, which counts as a failure, or the reason of `environment.signal`
   */
  run(environment: TestEnvironment): Promise<ScenarioFigures>;
};

/** What a scenario measured. The service survived when there are no breaches. */
export type ScenarioFigures = {
  /** Sent by users and probes, without health and liveness checks. */
  readonly requests: number;
  /** Responses with 2xx. */
  readonly succeeded: number;
  /** Responses with 503 and Retry-After. */
  readonly unavailable: number;
  /** All others: another status, a 503 without Retry-After, a cut connection, no response in 30 s. */
  readonly other: number;
  readonly slowestMs: number;
  /** Creations with 201 and updates with 200. */
  readonly acknowledged: number;
  /** Acknowledged writes that are not in the database. */
  readonly lost: number;
  /** Duplicate rows of a creation that was sent once or with one key. */
  readonly doubled: number;
  /** From the database's return to the first success; the longest of several returns, undefined when there was no success. */
  readonly recoveryMs: number | undefined;
  /** Responses of `/health` that were wrong, late or missing. */
  readonly healthWrong: number;
  /** One sentence for each violated bound. */
  readonly breaches: readonly string[];
};
